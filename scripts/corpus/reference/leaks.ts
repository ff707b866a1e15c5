import { brokenRule, type Cell, type Contribution, unknownsOf } from "./cell.ts";
import { comparable, differenceBreaks } from "./combine.ts";

/** A prime below 2^26: products stay exact in a double. */
const prime = 67_108_859;
/** Beyond this many overlapping cells nothing is claimed. */
const mostCells = 1500;

/** Cells that share records, directly or through others; disjoint ones tell nothing of each other. */
function connected(cells: readonly Cell[]): readonly (readonly Cell[])[] {
  const groups = new Map<Cell, Cell[]>();
  const holder = new Map<string, Cell>();
  for (const cell of cells) {
    let own: Cell[] = [cell];
    groups.set(cell, own);
    for (const record of unknownsOf(cell).keys()) {
      const first = holder.get(record);
      if (first === undefined) holder.set(record, cell);
      const other = first === undefined ? undefined : groups.get(first);
      if (other === undefined || other === own) continue;
      const [large, small] = other.length > own.length ? [other, own] : [own, other];
      for (const one of small) {
        large.push(one);
        groups.set(one, large);
      }
      own = large;
    }
  }
  return [...new Set(groups.values())].filter((group) => group.length > 1);
}

/** Groups of cells that can be added and subtracted, and that overlap at all. */
function systems(cells: readonly Cell[]): readonly (readonly Cell[])[] {
  const byBase = new Map<string, Cell[]>();
  for (const cell of cells) byBase.set(cell.base, [...(byBase.get(cell.base) ?? []), cell]);
  return [...byBase.values()].flatMap(connected);
}

/** Records that stand in the same cells are one unknown. */
function unknowns(cells: readonly Cell[]): ReadonlyMap<string, number> {
  const signatures = new Map<string, string>();
  for (const [at, cell] of cells.entries())
    for (const record of unknownsOf(cell).keys()) signatures.set(record, `${signatures.get(record) ?? ""},${at}`);
  const numbers = new Map<string, number>();
  return new Map([...signatures].map(([record, signature]) => [record, numberOf(numbers, signature)]));
}

function numberOf(numbers: Map<string, number>, signature: string): number {
  const known = numbers.get(signature);
  if (known !== undefined) return known;
  numbers.set(signature, numbers.size);
  return numbers.size - 1;
}

function inverse(value: number): number {
  let [result, base, exponent] = [1n, BigInt(value), BigInt(prime - 2)];
  for (; exponent > 0n; exponent >>= 1n) {
    if ((exponent & 1n) === 1n) result = (result * base) % BigInt(prime);
    base = (base * base) % BigInt(prime);
  }
  return Number(result);
}

/** Takes rows one after the other; says whether one is a combination of those taken before. */
class Span {
  readonly #rows = new Map<number, readonly number[]>();

  #reduce(row: readonly number[]): number[] {
    const rest = [...row];
    for (let at = 0; at < rest.length; at++) {
      const factor = rest[at] ?? 0;
      const pivot = factor === 0 ? undefined : this.#rows.get(at);
      if (pivot === undefined) continue;
      for (let place = at; place < rest.length; place++)
        rest[place] = ((rest[place] ?? 0) + (prime - factor) * (pivot[place] ?? 0)) % prime;
    }
    return rest;
  }

  add(row: readonly number[]): void {
    const rest = this.#reduce(row);
    const at = rest.findIndex((one) => one !== 0);
    if (at === -1) return;
    const factor = inverse(rest[at] ?? 0);
    this.#rows.set(
      at,
      rest.map((one) => (one * factor) % prime),
    );
  }

  has(row: readonly number[]): boolean {
    return this.#reduce(row).every((one) => one === 0);
  }
}

/** Why a figure that breaks the rules can be had from those that are shown; undefined: it cannot, as far as is known. */
export function findLeak(shown: readonly Cell[], unsafe: readonly Cell[]): string | undefined {
  for (const group of systems([...shown, ...unsafe])) {
    if (group.length > mostCells) return `${group.length} overlapping cells are too many to show that none can be subtracted`;
    const own = shown.filter((cell) => group.includes(cell));
    const pair = own.some((whole) => own.some((part) => whole !== part && differenceBreaks(whole, part)));
    if (pair) return "the difference of two shown cells breaks the rules";
    const classes = unknowns(group);
    const width = new Set(classes.values()).size;
    const rowOf = (cell: Cell): readonly number[] => {
      const row = Array.from({ length: width }, () => 0);
      for (const record of unknownsOf(cell).keys()) row[classes.get(record) ?? 0] = 1;
      return row;
    };
    const span = new Span();
    for (const cell of own) span.add(rowOf(cell));
    if (unsafe.some((cell) => group.includes(cell) && cell.records.size > 0 && span.has(rowOf(cell))))
      return "an absent cell follows from the totals shown with it";
  }
  return undefined;
}

/** What is left of cells added and subtracted: the records that do not cancel, with what of them remains. */
function combine(terms: readonly (readonly [Cell, number])[]): readonly Contribution[] {
  const left = new Map<string, { readonly from: Contribution; readonly factor: number }>();
  for (const [cell, factor] of terms)
    for (const [record, from] of unknownsOf(cell)) left.set(record, { from, factor: (left.get(record)?.factor ?? 0) + factor });
  return [...left.values()].flatMap(({ from, factor }) => (factor === 0 ? [] : [{ ...from, amount: from.amount * factor }]));
}

/** With more cells than this only pairs are tried, not triples. */
const mostForTriples = 24;

/** The cells among `now` that, with one or two of those shown before, determine a figure that breaks the rules. */
export function determining(now: readonly Cell[], before: readonly Cell[]): readonly Cell[] {
  const breaks = (terms: readonly (readonly [Cell, number])[]): boolean => {
    const rest = combine(terms);
    return rest.length > 0 && brokenRule(rest) !== undefined;
  };
  return now.filter((cell) => {
    const others = [...before, ...now].filter((other) => other !== cell && comparable(cell, other));
    if (
      others.some((other) =>
        breaks([
          [cell, 1],
          [other, -1],
        ]),
      )
    )
      return true;
    if (others.length > mostForTriples) return false;
    return others.some((first, at) =>
      others.slice(at + 1).some((second) =>
        [1, -1].some((a) =>
          [1, -1].some((b) =>
            breaks([
              [cell, 1],
              [first, a],
              [second, b],
            ]),
          ),
        ),
      ),
    );
  });
}
