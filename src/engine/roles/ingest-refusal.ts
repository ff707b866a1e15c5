import type { IngestProblem } from "../ingest-messages.ts";

/** A file's refusal from deep inside its reading; the role's own words, never the engine's. */
export class IngestRefusal extends Error {
  readonly problem: IngestProblem;

  constructor(problem: IngestProblem) {
    super(problem.code);
    this.problem = problem;
  }
}

/** The engine's words may hold values of the file; only the class of the failure leaves. */
export function problemOfError(error: unknown): IngestProblem {
  if (error instanceof IngestRefusal) return error.problem;
  const text = error instanceof Error ? error.message : "";
  if (/No space left|ENOSPC/.test(text)) return { code: "CATALOG_DISK_FULL", reason: "the disk is full" };
  if (text.startsWith("Out of Memory"))
    return { code: "CATALOG_FILE_LIMIT", reason: "the file needs more memory than an upload may use" };
  return { code: "CATALOG_FILE_UNREADABLE", reason: "the engine cannot read the file as declared" };
}
