import { type AuthenticatedActor, toActor } from "../identity/index.ts";
import { kindOfId, type Refusal, refuse } from "../kernel/index.ts";
import type { GateContext } from "./context.ts";
import type { exportEvents } from "./events.ts";
import type { ExportRefusalCode } from "./refusals.ts";

/** Records a refused attempt and gives the refusal. Text that is no id is not an object of the log. */
export async function recordRefusal(
  { work }: Pick<GateContext, "work">,
  caller: AuthenticatedActor,
  attempt: { readonly type: (typeof exportEvents)[number]; readonly object: string; readonly code: ExportRefusalCode },
): Promise<Refusal<ExportRefusalCode>> {
  const { type, object, code } = attempt;
  const known = kindOfId(object) === undefined ? caller.id : object;
  await work.record({ type, actor: toActor(caller), object: known, outcome: "refused", code });
  return refuse(code);
}
