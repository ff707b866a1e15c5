import type { JobState } from "../store/index.ts";

/** What may follow what; the reference page's diagram is printed from it. */
export const jobTransitions: Readonly<Record<JobState, readonly JobState[]>> = {
  queued: ["running", "cancelled"],
  running: ["done", "refused", "failed", "cancelled", "interrupted"],
  done: [],
  refused: [],
  failed: [],
  cancelled: [],
  interrupted: [],
};

export function isFinal(state: JobState): boolean {
  return jobTransitions[state].length === 0;
}
