import { CodedError } from "../kernel/index.ts";

export type GovernanceErrorCode = "AGREEMENT_NOT_WRITTEN";

/** The store answered what cannot be; nothing was changed. */
export class GovernanceError extends CodedError<GovernanceErrorCode> {}
