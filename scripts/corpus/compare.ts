import type { Rows } from "./reference/reference.ts";

/** Figures of two engines differ in the last digits: sums run in another order. */
const relative = 1e-7;
const absolute = 1e-9;

function asNumber(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || !/^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value)) return undefined;
  return Number(value);
}

/** A day is the same day written as the instant it begins with. */
const asText = (value: unknown): string => String(value).replace(/ 00:00:00$/, "");

/** Whether two cells say the same; `tolerance` is for figures that are known to a step of a grid only. */
export function sameValue(left: unknown, right: unknown, tolerance = 0): boolean {
  if (left === null || right === null || left === undefined || right === undefined) return (left ?? null) === (right ?? null);
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((one, at) => sameValue(one, right[at], tolerance));
  if (typeof left === "object" && typeof right === "object") {
    const [a, b] = [Object.entries(left), new Map<string, unknown>(Object.entries(right))];
    return a.length === b.size && a.every(([name, value]) => b.has(name) && sameValue(value, b.get(name), tolerance));
  }
  const [a, b] = [asNumber(left), asNumber(right)];
  if (a !== undefined && b !== undefined)
    return Math.abs(a - b) <= Math.max(absolute, tolerance, relative * Math.max(Math.abs(a), Math.abs(b)));
  return asText(left) === asText(right);
}

export const isShown = (cell: unknown): boolean => cell !== null && cell !== undefined;

export const countShown = (rows: Rows): number => rows.reduce((sum, row) => sum + row.filter(isShown).length, 0);

/** Whether the row says nothing that `by` does not say. */
export function isCovered(row: readonly unknown[], by: readonly unknown[], tolerances: readonly number[] = []): boolean {
  return row.length === by.length && row.every((cell, at) => !isShown(cell) || sameValue(cell, by[at], tolerances[at]));
}

/** Rows that no row of `by` covers; each row of `by` covers one row only. Rows without any cell say nothing. */
export function uncovered(rows: Rows, by: Rows, tolerances: readonly number[] = []): Rows {
  const free = new Set(by.keys());
  const fullest = rows.filter((row) => row.some(isShown)).toSorted((a, b) => b.filter(isShown).length - a.filter(isShown).length);
  return fullest.filter((row) => {
    for (const at of free) {
      if (!isCovered(row, by[at] ?? [], tolerances)) continue;
      free.delete(at);
      return false;
    }
    return true;
  });
}
