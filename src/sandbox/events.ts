/** Event types of the sandbox. */
export const sandboxEvents = [
  "provision.created",
  "provision.orphan-removed",
  "job.submitted",
  "job.labelled",
  "job.started",
  "job.done",
  "job.refused",
  "job.failed",
  "job.cancel-requested",
  "job.cancelled",
  "job.interrupted",
  "statement.explained",
  "query.saved",
] as const;

export type SandboxEvent = (typeof sandboxEvents)[number];
