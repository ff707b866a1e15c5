/** What a bench found: figures for machines, and lines for whoever reads them at a terminal. */
export interface BenchReport {
  readonly figures: Readonly<Record<string, unknown>>;
  readonly lines: readonly string[];
}

/** One bench: a file of this shape in `bench/benches` and a line in the table. */
export interface Bench {
  readonly name: string;
  readonly summary: string;
  /** Options of its own, each a number, with what it is when it is not given. */
  readonly options: Readonly<Record<string, number>>;
  run(context: BenchContext): Promise<BenchReport>;
}

export interface BenchContext {
  option(name: string): number;
  /** An empty folder that goes when the bench ends. */
  readonly folder: string;
  /** Says what is going on; never on stdout. */
  readonly note: (text: string) => void;
}
