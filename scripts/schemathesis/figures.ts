/** What the tool reports of one caller's run, as far as it is told. */
export interface Figures {
  readonly caller: string;
  readonly operations: number;
  readonly tested: number;
  readonly requests: number;
  /** What was found, by kind, with the operations it was found at. */
  readonly failures: readonly { readonly title: string; readonly count: number; readonly operations: readonly string[] }[];
  /** Whether the tool itself ended in order, by its own account. */
  readonly sound: boolean;
}

interface Report {
  readonly operations: { readonly selected: number; readonly tested: number; readonly errored: number };
  readonly test_cases: { readonly generated: number; readonly errored: number };
  readonly failures: Figures["failures"];
}

/** Reads the tool's JSON report. */
export function figuresOf(caller: string, text: string): Figures {
  const report = JSON.parse(text) as Report;
  return {
    caller,
    operations: report.operations.selected,
    tested: report.operations.tested,
    requests: report.test_cases.generated,
    failures: report.failures.map(({ title, count, operations }) => ({ title, count, operations })),
    sound: report.operations.errored === 0 && report.test_cases.errored === 0,
  };
}
