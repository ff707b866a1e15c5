/** What emitted SQL names: the re-parsed text is held to exactly these. */
export interface Recorder {
  readonly functions: Set<string>;
  readonly tables: Set<string>;
  readonly columns: Set<string>;
}

export function createRecorder(): Recorder {
  return { functions: new Set(), tables: new Set(), columns: new Set() };
}
