import type { Selectable } from "kysely";
import type { AuthenticatedActor } from "../identity/index.ts";
import { isId } from "../kernel/index.ts";
import type { Tables } from "../store/index.ts";
import type { GateContext } from "./context.ts";

export type ExportRow = Selectable<Tables["export"]>;

/** The export if the caller may do this with it. Not readable at all: undefined, like one that is not there. */
export async function exportFor(
  { store, governance, decider }: GateContext,
  caller: AuthenticatedActor,
  id: string,
  action: string,
): Promise<{ readonly row: ExportRow; readonly allowed: boolean } | undefined> {
  if (!isId("export", id)) return undefined;
  const row = await store.db.selectFrom("export").selectAll().where("id", "=", id).executeTakeFirst();
  const parties = row === undefined ? undefined : await governance.parties(row.agreement_id);
  if (row === undefined || parties === undefined) return undefined;
  const relations = governance.relationsTo(caller, parties, row.author_id);
  if (!decider.decide(caller.roles, "read", "export", relations)) return undefined;
  return { row, allowed: decider.decide(caller.roles, action, "export", relations) };
}
