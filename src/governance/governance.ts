import { type Agreements, createAgreements } from "./agreements.ts";
import type { GovernanceContext } from "./context.ts";
import { createDrafts, type Drafts } from "./drafts.ts";
import { createExpiry, type Expiry } from "./expiry.ts";
import { createLifecycle, type Lifecycle } from "./lifecycle.ts";

/** Agreements (授权运营协议) from draft to end. Every question about the present reads the store anew. */
export type Governance = Agreements & Drafts & Lifecycle & Pick<Expiry, "expireDue">;

export function createGovernance(deps: GovernanceContext): Governance {
  const agreements = createAgreements(deps);
  const { list, findForActor, inForce, scopeOf, relationsTo, parties } = agreements;
  const expiry = createExpiry(deps);
  return {
    list,
    findForActor,
    inForce,
    scopeOf,
    relationsTo,
    parties,
    ...createDrafts(deps, agreements),
    ...createLifecycle(deps, agreements, expiry),
    expireDue: expiry.expireDue,
  };
}
