export { agreementTransitions } from "./agreement-states.ts";
export type { AgreementScope, AgreementView } from "./agreements.ts";
export type { DraftRequest } from "./drafts.ts";
export { GovernanceError, type GovernanceErrorCode } from "./errors.ts";
export { type GovernanceEvent, governanceEvents } from "./events.ts";
export { createGovernance, type Governance } from "./governance.ts";
export type { GovernanceRefusalCode } from "./refusals.ts";
export type { RowFilter } from "./row-filter.ts";
export type { ScopedTable } from "./scope.ts";
