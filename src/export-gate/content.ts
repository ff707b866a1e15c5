import type { RunTable, RunValue } from "../engine/index.ts";
import { canonicalJson, type JsonValue, sha256Hex } from "../kernel/index.ts";
import type { ResultColumn } from "../policy/index.ts";

/** A table as it is shown, hashed and exported. */
export interface Content {
  /** Which of them are perturbed is the plan's word; exact results say nothing of it. */
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly (readonly RunValue[])[];
}

/** Digits of a DOUBLE that two runs agree on: parallel sums may differ in the last ones. */
const stableDigits = 12;

/** A value with its DOUBLEs rounded to the digits that are stable, for comparison only. */
export function stable(value: unknown): JsonValue {
  if (typeof value === "number") return Number.isInteger(value) ? value : Number(value.toPrecision(stableDigits));
  if (Array.isArray(value)) return value.map(stable);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, stable(part)]));
  return value as JsonValue;
}

const textOf = (value: unknown): string => canonicalJson(stable(value));

/**
 * SHA-256 (hex) of the columns and the rows in canonical order: a re-run that gives the same rows in
 * another order is the same content.
 */
export function hashContent(content: Content): string {
  const rows = content.rows.map(textOf).sort();
  return sha256Hex(`${textOf(content.columns)}\n${rows.join("\n")}`);
}

/** A copy that nobody alters: what was checked is what is shown. */
export function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  const copy = Array.isArray(value)
    ? value.map(frozen)
    : Object.fromEntries(Object.entries(value).map(([key, part]) => [key, frozen(part)]));
  return Object.freeze(copy) as T;
}

export function toContent({ columns, rows }: RunTable, planned: readonly ResultColumn[]): Content {
  const marks = planned.map(({ perturbed }) => (perturbed === undefined ? {} : { perturbed }));
  return frozen({ columns: columns.map(({ name, type }, at) => ({ name, type, ...marks[at] })), rows });
}
