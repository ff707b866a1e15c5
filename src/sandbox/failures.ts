import type { RunFailureCode } from "../engine/index.ts";

/** Why a job ended without a result, and not because of its statement. */
export type JobFailureCode =
  // A run that fails on data looks like one in which everything is suppressed; a cancelled one is no failure.
  | Exclude<RunFailureCode, "ENGINE_QUERY_FAILED" | "ENGINE_CANCELLED">
  | "JOB_AGREEMENT_NOT_IN_FORCE"
  | "JOB_PROVISION_IMPOSSIBLE"
  | "JOB_DISK_LOW"
  | "JOB_INTERRUPTED"
  | "RESULT_NOT_CHECKED";

export interface JobFailure {
  readonly what: string;
  readonly instead: string;
}

/** What the operator is told of each; the reference page prints it. Nothing of it depends on data beyond the code. */
export const jobFailures: Readonly<Record<JobFailureCode, JobFailure>> = {
  ENGINE_TIMEOUT: {
    what: "The job ran longer than a job may.",
    instead: "Filter more, join less, or ask for fewer groups; the limit is enclave.timeoutMs.",
  },
  ENGINE_MEMORY: {
    what: "The job needed more memory than a job may have.",
    instead: "Ask for fewer groups or join less; the limit is enclave.memoryBytes.",
  },
  ENGINE_RESULT_TOO_LARGE: {
    what: "The result is larger than a result may be.",
    instead: "Group more coarsely, or keep the first rows with ORDER BY and LIMIT on the released figures.",
  },
  ENGINE_CRASHED: {
    what: "The worker that ran the job ended before it answered; nothing of the run was kept.",
    instead: "Submit the statement again; if it happens again, tell the platform's administrator the job's id.",
  },
  JOB_AGREEMENT_NOT_IN_FORCE: {
    what: "The agreement was not in force while the job ran; nothing of the run was kept.",
    instead: "Ask the implementing agency for the state of the agreement.",
  },
  JOB_PROVISION_IMPOSSIBLE: {
    what: "The data of the agreement could not be provided: a resource in scope has no data yet, or its data do not fit.",
    instead: "Ask the source unit to hand the data in, then submit again.",
  },
  JOB_DISK_LOW: {
    what: "The platform is short of disk space, and made no database for the job.",
    instead: "Submit the statement again when the platform's administrator made room.",
  },
  JOB_INTERRUPTED: {
    what: "The platform stopped, or lost the job, while it ran. It is not run again by itself.",
    instead: "Submit the statement again.",
  },
  RESULT_NOT_CHECKED: {
    what: "The result did not stand up to its checks and is not shown.",
    instead: "Tell the platform's administrator the job's id.",
  },
};

/** What a job's `answer` holds after a failure. */
export function failureAnswer(code: JobFailureCode): { readonly code: string } & JobFailure {
  return { code, ...jobFailures[code] };
}
