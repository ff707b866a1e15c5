import ts from "typescript";

/** One process's counts as V8 gives them; ranges within ranges, the innermost one counts. Offsets are in UTF-16 units. */
export interface ProcessCoverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly {
      readonly ranges: readonly { readonly startOffset: number; readonly endOffset: number; readonly count: number }[];
    }[];
  }[];
}

export interface Source {
  readonly path: string;
  readonly text: string;
}

export interface UntakenPlace {
  readonly path: string;
  /** Counted from 1. */
  readonly line: number;
  /** How the place begins. */
  readonly text: string;
}

/** A file of types alone is nothing to load. */
function hasCode({ text }: Source): boolean {
  const compilerOptions = { module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true, removeComments: true };
  return ts.transpileModule(text, { compilerOptions }).outputText.trim() !== "export {};";
}

/** 1 for every character that this process ran. */
function takenIn(functions: ProcessCoverage["result"][number]["functions"], length: number): Uint8Array {
  const taken = new Uint8Array(length);
  const ranges = functions.flatMap((fn) => fn.ranges);
  const outerFirst = ranges.toSorted((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset);
  for (const { startOffset, endOffset, count } of outerFirst) taken.fill(count > 0 ? 1 : 0, startOffset, endOffset);
  return taken;
}

function gapsOf({ path, text }: Source, taken: Uint8Array): readonly UntakenPlace[] {
  const places: UntakenPlace[] = [];
  for (let start = taken.indexOf(0); start >= 0; ) {
    const next = taken.indexOf(1, start);
    const end = next < 0 ? taken.length : next;
    const gap = text.slice(start, end).trim().split("\n")[0] ?? "";
    if (gap !== "") places.push({ path, line: text.slice(0, start).split("\n").length, text: gap });
    start = taken.indexOf(0, end);
  }
  return places;
}

/**
 * Code that no process ran: branches, functions that nobody called (which conversions to line coverage lose where
 * they stand within a line), and whole files that nobody loaded.
 */
export function untakenPlaces(sources: ReadonlyMap<string, Source>, runs: Iterable<ProcessCoverage>): readonly UntakenPlace[] {
  const takenBy = new Map<string, Uint8Array>();
  for (const { result } of runs) {
    for (const { url, functions } of result) {
      const source = sources.get(url);
      if (source === undefined) continue;
      const here = takenIn(functions, source.text.length);
      const before = takenBy.get(url);
      takenBy.set(url, before === undefined ? here : before.map((taken, i) => taken | (here[i] ?? 0)));
    }
  }
  return [...sources].flatMap(([url, source]) => {
    const taken = takenBy.get(url);
    if (taken !== undefined) return gapsOf(source, taken);
    return hasCode(source) ? [{ path: source.path, line: 1, text: "the file, which no test loads" }] : [];
  });
}
