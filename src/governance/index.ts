export { agreementTransitions } from "./agreement-states.ts";
export { governanceEvents } from "./events.ts";
export { type AgreementScope, type AgreementView, createGovernance, type DraftRequest, type Governance } from "./governance.ts";
export type { GovernanceRefusalCode } from "./refusals.ts";
export type { RowFilter } from "./row-filter.ts";
export type { ScopedTable } from "./scope.ts";
