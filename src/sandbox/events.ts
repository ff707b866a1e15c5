/** Event types of the sandbox. */
export const sandboxEvents = [
  "provision.created",
  "provision.orphan-removed",
  "job.submitted",
  "job.started",
  "job.done",
  "job.refused",
  "job.failed",
  "job.cancel-requested",
  "job.cancelled",
  "job.interrupted",
] as const;

export type SandboxEvent = (typeof sandboxEvents)[number];
