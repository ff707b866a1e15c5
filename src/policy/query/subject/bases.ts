import { stop } from "../refusal.ts";
import { type Bound, plainSubject } from "../resolve/field.ts";
import { labelOf } from "./label.ts";

/** What numbers of rows, of owners and totals of such numbers are made of. */
export const counts = "count";

/** United rows of many tables, multiplied, multiply their bases. */
const maxBases = 1000;

function basesOfFactor(factor: Bound): readonly string[] {
  return plainSubject(factor)?.derived?.bases ?? [labelOf(factor)];
}

/**
 * What is totalled, whatever the condition: a stored column is one base through whichever table, total, window or union it
 * comes, and united rows may have several. Only totals that share one can be subtracted from each other.
 */
export function basesOf(factors: readonly Bound[]): readonly string[] {
  if (factors.length === 0) return [counts];
  const [first = [], ...rest] = factors.map(basesOfFactor);
  let bases = first.map((base) => [base]);
  for (const own of rest) {
    bases = bases.flatMap((names) => own.map((base) => [...names, base]));
    if (bases.length > maxBases)
      stop("QUERY_TOO_LARGE", factors[0]?.at, "a product of columns that are united of too many tables");
  }
  return [...new Set(bases.map((names) => names.toSorted().join(" * ")))];
}
