import type { IngestProblem } from "../ingest-messages.ts";

/** What was found wrong with a file, in the order of the file, up to a number. */
export interface ProblemList {
  readonly found: readonly IngestProblem[];
  add(problem: IngestProblem): void;
  /** After this one nothing more of the file can be judged. */
  end(problem: IngestProblem): void;
  /** No further problem is wanted. */
  isClosed(): boolean;
}

export function createProblemList(max: number): ProblemList {
  const found: IngestProblem[] = [];
  let ended = false;
  const add = (problem: IngestProblem): void => {
    if (found.length < max && !ended) found.push(problem);
  };
  return {
    found,
    add,
    end(problem) {
      add(problem);
      ended = true;
    },
    isClosed: () => ended || found.length >= max,
  };
}
