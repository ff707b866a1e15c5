import { CodedError } from "../../kernel/index.ts";

/** The emitted text reads back as something else than what was emitted: a bug in the emitter or in the engine. */
export type PolicyQueryErrorCode = "POLICY_SEAL_BROKEN";

export class PolicyQueryError extends CodedError<PolicyQueryErrorCode> {}
