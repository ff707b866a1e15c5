import type { Value } from "./ast.ts";
import { isSame } from "./engine.ts";

export type Rows = readonly (readonly unknown[])[];
export type Expected = readonly (readonly Value[])[];

/** What the compiler shows beside what the oracle allows. */
export type Difference =
  | { readonly kind: "same"; readonly shown: number; readonly hidden: number }
  /** The compiler withholds what the oracle would show. */
  | { readonly kind: "less"; readonly at: string }
  /** The compiler shows what the oracle withholds. */
  | { readonly kind: "leak"; readonly at: string }
  | { readonly kind: "other value"; readonly at: string };

const isRow = (expected: readonly Value[], given: readonly unknown[]): boolean =>
  expected.length === given.length && expected.every((value, at) => isSame(value, given[at]));

/** The same rows, in whatever order. */
export function sameRows(expected: Expected, given: Rows): boolean {
  const left = [...given];
  return (
    expected.length === given.length &&
    expected.every((row) => {
      const at = left.findIndex((one) => isRow(row, one));
      if (at >= 0) left.splice(at, 1);
      return at >= 0;
    })
  );
}

/** Of one release: row by row of the same group, cell by cell. Elsewhere all rows are one cell. */
export function compare(expected: Expected, given: Rows, keys: number | undefined): Difference {
  if (sameRows(expected, given)) {
    const cells = expected.flatMap((row) => row.slice(keys ?? 0));
    const hidden = cells.filter((cell) => cell === null).length;
    return { kind: "same", shown: cells.length - hidden, hidden };
  }
  if (keys === undefined) return { kind: "other value", at: "the rows" };
  const found: Difference[] = [];
  const group = (row: readonly unknown[], like: readonly Value[]): boolean => isRow(like.slice(0, keys), row.slice(0, keys));
  for (const row of given) {
    const own = expected.find((one) => group(row, one));
    const at = JSON.stringify(row);
    if (own === undefined) found.push({ kind: "leak", at: `the row ${at}` });
    else if (!isRow(own, row)) {
      const leak = row.some((value, i) => value !== null && own[i] === null);
      const less = row.every((value, i) => value === null || isSame(own[i] ?? null, value));
      found.push({ kind: leak ? "leak" : less ? "less" : "other value", at: `${at} where ${JSON.stringify(own)} may be shown` });
    }
  }
  for (const row of expected) {
    if (!given.some((one) => group(one, row))) found.push({ kind: "less", at: `no row ${JSON.stringify(row)}` });
  }
  const [first = { kind: "other value", at: "the rows" } as const] = ["leak", "other value", "less"].flatMap((kind) =>
    found.filter((one) => one.kind === kind),
  );
  return first;
}
