import type { JsonValue } from "../kernel/index.ts";
import type { JobState } from "../store/index.ts";
import type { JobRow } from "./job-access.ts";

/** Within one operator; between operators all are served in turn. */
export const jobPriorities = ["low", "normal", "high"] as const;
export type JobPriority = (typeof jobPriorities)[number];

export const rankOf = (priority: JobPriority): number => jobPriorities.indexOf(priority);

/** A job as its owner sees it: coarse times, never the engine's progress or its words. */
export interface JobView {
  readonly id: string;
  readonly agreement: string;
  readonly purpose: string;
  readonly state: JobState;
  readonly author: string;
  readonly labels: readonly string[];
  readonly priority: JobPriority;
  /** The saved statement it ran, if it was run by reference. */
  readonly query: { readonly id: string; readonly version: number } | null;
  /** Why the statement was refused or the run failed; about the caller's own text and limits only. */
  readonly answer: JsonValue | null;
  readonly submittedAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

/** Whole seconds, upwards: finer times would tell of the data. */
function coarse(instant: Date | null): string | null {
  return instant === null ? null : new Date(Math.ceil(instant.getTime() / 1000) * 1000).toISOString();
}

export function viewOf(row: JobRow): JobView {
  return {
    id: row.id,
    agreement: row.agreement_id,
    purpose: row.purpose,
    state: row.state,
    author: row.author_id,
    labels: row.labels,
    priority: jobPriorities[row.priority] ?? "normal",
    query: row.query_id === null || row.query_version === null ? null : { id: row.query_id, version: row.query_version },
    answer: row.answer,
    submittedAt: row.submitted_at.toISOString(),
    startedAt: coarse(row.started_at),
    finishedAt: coarse(row.finished_at),
  };
}
