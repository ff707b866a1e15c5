import { CodedError } from "../kernel/index.ts";

export type AuditErrorCode =
  | "AUDIT_NOT_RECORDED"
  | "AUDIT_CLAIM_LOST"
  | "AUDIT_EVENT_INCOMPLETE"
  | "AUDIT_EVENT_TOO_LARGE"
  | "AUDIT_LOG_BEHIND"
  | "AUDIT_LOG_DIFFERS"
  | "AUDIT_CHECKPOINT_MISSING"
  | "AUDIT_LOG_BROKEN";

/** The audit cannot do its work, so neither may what it records. */
export class AuditError extends CodedError<AuditErrorCode> {}
