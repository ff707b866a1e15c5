import { expectOne } from "../audit/index.ts";
import { isUscc, type Refusal, refuse } from "../kernel/index.ts";
import type { OrganisationKind } from "../store/index.ts";
import { type AuthenticatedActor, toActor } from "./actor.ts";
import type { IdentityContext } from "./context.ts";
import type { IdentityRefusalCode } from "./refusals.ts";

export interface Organisation {
  readonly id: string;
  readonly kind: OrganisationKind;
  readonly name: string;
  readonly uscc: string | null;
}

export interface Organisations {
  listOrganisations(): Promise<readonly Organisation[]>;
  /** An operator is a legal person: without a valid unified social credit code (GB 32100) it is refused (Art. 3). */
  createOrganisation(
    caller: AuthenticatedActor,
    request: { readonly kind: Exclude<OrganisationKind, "platform">; readonly name: string; readonly uscc?: string | undefined },
  ): Promise<Organisation | Refusal<IdentityRefusalCode>>;
}

export function createOrganisations({ store, work, ids, clock, decider }: IdentityContext): Organisations {
  return {
    listOrganisations: () => store.db.selectFrom("organisation").select(["id", "kind", "name", "uscc"]).orderBy("id").execute(),
    createOrganisation: async (caller, { kind, name, uscc }) => {
      const actor = toActor(caller);
      const no = async (refusal: Refusal<IdentityRefusalCode>): Promise<Refusal<IdentityRefusalCode>> => {
        await work.record({ type: "identity.refused", actor, object: caller.id, outcome: "refused", code: refusal.code });
        return refusal;
      };
      if (!decider.decide(caller.roles, "create", "organisation", [])) return no(refuse("ACCESS_DENIED"));
      if (uscc === undefined ? kind === "operator" : !isUscc(uscc)) return no(refuse("IDENTITY_USCC_INVALID"));
      const made: Organisation = { id: ids.make("organisation"), kind, name, uscc: uscc ?? null };
      const insert = store.db
        .insertInto("organisation")
        .values({ ...made, created_at: clock.now() })
        .returning("id");
      const outcome = await work.change(
        { type: "organisation.created", actor, object: made.id, outcome: "done", data: { kind } },
        [expectOne(insert)],
      );
      if (outcome.kind === "done") return made;
      return no(refuse("IDENTITY_NAME_TAKEN", { taken: outcome.constraint === "organisation_uscc_key" ? "uscc" : "name" }));
    },
  };
}
