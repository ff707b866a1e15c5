import { expectOne } from "../audit/index.ts";
import { type AuthenticatedActor, toActor } from "../identity/index.ts";
import { type Refusal, refuse } from "../kernel/index.ts";
import type { CatalogContext } from "./context.ts";
import { parsePlainText } from "./plain-text.ts";
import type { CatalogRefusalCode } from "./refusals.ts";

export interface Family {
  readonly id: string;
  readonly title: string;
}

export interface Families {
  listFamilies(): Promise<readonly Family[]>;
  /** Tables about the same subjects belong to one family and are protected together. */
  createFamily(caller: AuthenticatedActor, request: { readonly title: string }): Promise<Family | Refusal<CatalogRefusalCode>>;
}

export function createFamilies({ store, work, ids, clock }: CatalogContext): Families {
  return {
    listFamilies: () => store.db.selectFrom("resource_family").select(["id", "title"]).orderBy("id").execute(),
    createFamily: async (caller, request) => {
      const actor = toActor(caller);
      const no = async (code: CatalogRefusalCode): Promise<Refusal<CatalogRefusalCode>> => {
        await work.record({ type: "family.created", actor, object: caller.id, outcome: "refused", code });
        return refuse(code);
      };
      const title = parsePlainText(request.title);
      if (title === undefined) return no("CATALOG_TEXT_INVALID");
      const id = ids.make("family");
      const insert = store.db.insertInto("resource_family").values({ id, title, created_at: clock.now() }).returning("id");
      const outcome = await work.change({ type: "family.created", actor, object: id, outcome: "done" }, [expectOne(insert)]);
      return outcome.kind === "done" ? { id, title } : no("CATALOG_FAMILY_EXISTS");
    },
  };
}
