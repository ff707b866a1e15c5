import { stop } from "../refusal.ts";
import type { Bound } from "../resolve/field.ts";
import { keyOf } from "./label.ts";
import { type Branch, linearBranches, type Term } from "./measure.ts";
import { add, multiply, one, type Rational, zero } from "./rational.ts";

/** One measure, scaled and shifted by constants: coefficient · measure + offset. */
interface Line {
  readonly measure: Bound | undefined;
  readonly coefficient: Rational;
  readonly offset: Rational;
}

function lineOf({ terms }: Branch, expr: Bound): Line {
  const measures = new Map(terms.flatMap((term) => term.factors.map((factor) => [keyOf(factor), factor] as const)));
  if (measures.size > 1 || terms.some((term) => term.factors.length > 1))
    stop("QUERY_MEASURE_SHAPE", expr.at, "a skewness or kurtosis of more than one measure");
  const [measure] = measures.values();
  const sum = (length: number): Rational =>
    terms.filter(({ factors }) => factors.length === length).reduce((all, term) => add(all, term.coefficient), zero);
  return { measure, coefficient: sum(1), offset: sum(0) };
}

const powerOf = (base: Rational, exponent: number): Rational =>
  Array.from({ length: exponent }, () => base).reduce(multiply, one);

function binomial(n: number, k: number): bigint {
  return k === 0 ? 1n : (binomial(n - 1, k - 1) * BigInt(n)) / BigInt(k);
}

/** (coefficient · measure + offset)^exponent, taken apart into powers of the measure. */
function expanded({ measure, coefficient, offset }: Line, exponent: number): readonly Term[] {
  if (measure === undefined) return [{ coefficient: powerOf(offset, exponent), factors: [] }];
  return Array.from({ length: exponent + 1 }, (_unused, k) => ({
    coefficient: multiply(
      { num: binomial(exponent, k), den: 1n },
      multiply(powerOf(coefficient, k), powerOf(offset, exponent - k)),
    ),
    factors: Array.from({ length: k }, () => measure),
  }));
}

/**
 * Powers beyond the second, for skewness and kurtosis alone: of one measure, so that no shape singles anybody out. Whose square
 * may not be summed has none: these figures need the square too.
 */
export function powerBranches(expr: Bound, exponent: 3 | 4): readonly Branch[] {
  return linearBranches(expr).map((branch) => ({ ...branch, terms: expanded(lineOf(branch, expr), exponent) }));
}
