/** Why the sandbox says no to a caller. What the compiler says of a statement stands in the job itself. */
export type JobRefusalCode =
  | "JOB_NOT_FOUND"
  | "JOB_AGREEMENT_NOT_IN_FORCE"
  | "JOB_SQL_TOO_LONG"
  | "JOB_PARAMETERS_INVALID"
  | "JOB_PURPOSE_MISMATCH"
  | "JOB_QUEUE_FULL"
  | "JOB_ALREADY_FINISHED"
  | "JOB_RESULT_NOT_READY"
  | "JOB_PROVISION_IMPOSSIBLE"
  | "JOB_ISOLATION_TOO_WEAK";
