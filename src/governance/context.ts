import type { UnitOfWork } from "../audit/index.ts";
import type { Catalog } from "../catalog/index.ts";
import { type AuthenticatedActor, toActor } from "../identity/index.ts";
import { type Clock, type Ids, isId, type Refusal } from "../kernel/index.ts";
import type { Decider, ReleaseRules } from "../policy/index.ts";
import type { Store } from "../store/index.ts";
import type { GovernanceEvent } from "./events.ts";
import type { GovernanceRefusalCode } from "./refusals.ts";

/** What every part of the governance is given. */
export interface GovernanceContext {
  readonly store: Store;
  readonly work: UnitOfWork;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly decider: Decider;
  readonly catalog: Pick<Catalog, "resource">;
  /** The deployment's own floor of release rules. */
  readonly floor: ReleaseRules;
}

export type Refused = Refusal<GovernanceRefusalCode>;

/** Records a refused attempt and gives the refusal on. Text that is no id is not an object of the log. */
export async function recordRefusal(
  work: UnitOfWork,
  caller: AuthenticatedActor,
  type: GovernanceEvent,
  refusal: Refused,
  agreement?: string,
): Promise<Refused> {
  const object = agreement !== undefined && isId("agreement", agreement) ? agreement : caller.id;
  await work.record({ type, actor: toActor(caller), object, outcome: "refused", code: refusal.code });
  return refusal;
}
