import type { SubqueryRef } from "../resolve/field.ts";

/** What emitted SQL names: the re-parsed text is held to exactly these. */
export interface Recorder {
  readonly functions: Set<string>;
  readonly tables: Set<string>;
  readonly columns: Set<string>;
  readonly forms: Set<string>;
  /** Whether figures are moved by noise, for which rows carry record keys. */
  readonly noisy: boolean;
  /** Text of a subquery, what it names recorded as well. */
  subquery(ref: SubqueryRef): string;
}

export function createRecorder(emitSubquery: (ref: SubqueryRef, recorder: Recorder) => string, noisy: boolean): Recorder {
  const recorder: Recorder = {
    functions: new Set(),
    tables: new Set(),
    columns: new Set(),
    forms: new Set(),
    noisy,
    subquery: (ref) => emitSubquery(ref, recorder),
  };
  return recorder;
}
