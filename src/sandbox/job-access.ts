import type { Selectable } from "kysely";
import { type AuthenticatedActor, toActor } from "../identity/index.ts";
import { isId, kindOfId, type Refusal, refuse } from "../kernel/index.ts";
import type { Relation } from "../policy/index.ts";
import type { Tables } from "../store/index.ts";
import type { SandboxEvent } from "./events.ts";
import type { JobContext } from "./job-context.ts";
import type { JobRefusalCode } from "./refusals.ts";

export type JobRow = Selectable<Tables["job"]>;

/** The agreement that a caller names in order to run something under it. */
export interface UsableAgreement {
  readonly id: string;
  readonly versionId: string;
  readonly purpose: string;
}

interface Permission {
  readonly action: string;
  readonly kind: string;
}

/** Who may do what to which job. Another's job looks like one that is not there. */
export interface JobAccess {
  /** The job, where the caller may do this to it. */
  load(actor: AuthenticatedActor, job: string, action: string): Promise<JobRow | undefined>;
  /** Whose jobs a caller may read, as a list can ask of the store. */
  readable(actor: AuthenticatedActor): { readonly all: boolean; readonly own: boolean; readonly agency: boolean };
  /** The agreement, where the caller may do this under it, for its operator, at this instant. */
  usable(actor: AuthenticatedActor, agreement: string, permission: Permission): Promise<UsableAgreement | undefined>;
  /** Records a refused attempt and gives the refusal. */
  refused<Code extends JobRefusalCode>(
    actor: AuthenticatedActor,
    attempt: { readonly type: SandboxEvent; readonly object: string; readonly code: Code; readonly detail?: Refusal["detail"] },
  ): Promise<Refusal<Code>>;
}

export function createJobAccess({ store, work, decider, governance }: JobContext): JobAccess {
  const holds = (actor: AuthenticatedActor, relations: readonly Relation[]): boolean =>
    decider.decide(actor.roles, "read", "job", relations);
  return {
    load: async (actor, job, action) => {
      if (!isId("job", job)) return undefined;
      const row = await store.db.selectFrom("job").selectAll().where("id", "=", job).executeTakeFirst();
      const parties = row === undefined ? undefined : await governance.parties(row.agreement_id);
      if (row === undefined || parties === undefined) return undefined;
      const relations = governance.relationsTo(actor, parties, row.author_id);
      return decider.decide(actor.roles, action, "job", relations) ? row : undefined;
    },
    readable: (actor) => ({ all: holds(actor, []), own: holds(actor, ["own"]), agency: holds(actor, ["agency"]) }),
    usable: async (actor, id, { action, kind }) => {
      const agreement = await governance.findForActor(actor, id);
      if ("code" in agreement || agreement.operator !== actor.organisation || !agreement.inForce) return undefined;
      if (!decider.decide(actor.roles, action, kind, governance.relationsTo(actor, agreement))) return undefined;
      return { id: agreement.id, versionId: agreement.version.id, purpose: agreement.purpose };
    },
    refused: async (actor, { type, object, code, detail }) => {
      // Text that is no id is not an object of the log.
      const known = kindOfId(object) === undefined ? actor.id : object;
      await work.record({ type, actor: toActor(actor), object: known, outcome: "refused", code });
      return refuse(code, detail);
    },
  };
}
