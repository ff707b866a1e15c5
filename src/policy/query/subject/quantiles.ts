import { stop } from "../refusal.ts";
import type { Quantile, QuantilePoint } from "../release/model.ts";
import { type Bound, plainSubject, type SubjectField } from "../resolve/field.ts";
import { typeFamily } from "../types.ts";
import { counts } from "./bases.ts";
import { isMeasure } from "./category.ts";
import { constantOf } from "./constant.ts";
import { keyOf, labelOf } from "./label.ts";
import { add, isZero, negate, one, parseRational, type Rational, rational, sameRational } from "./rational.ts";

/** Each point brings windows of its own, so their number is bounded. */
const maxPoints = 40;
/** Finest share that is told apart: a millionth. */
const finest = 1_000_000n;

/** Which points of which measures one release shows: each is made once, however often figures use it. */
export interface QuantileBook {
  /** The column of the release that a point becomes. */
  point(quantile: Pick<Quantile, "of" | "grid" | "whole" | "count">, at: Rational, written: Bound): string;
  quantiles(): readonly Quantile[];
}

interface Entry {
  readonly quantile: Omit<Quantile, "points">;
  readonly points: { readonly id: string; readonly at: Rational }[];
}

const minus = (a: Rational, b: Rational): Rational => add(a, negate(b));

/** Rising, each with its distance to the one before. */
function inOrder({ points }: Entry): readonly QuantilePoint[] {
  const sorted = points.toSorted((a, b) => (minus(a.at, b.at).num < 0n ? -1 : 1));
  return sorted.map((point, i) => {
    const before = sorted[i - 1];
    return { ...point, apart: before === undefined ? undefined : minus(point.at, before.at) };
  });
}

export function createQuantileBook(): QuantileBook {
  const entries = new Map<string, Entry>();
  let size = 0;
  return {
    point(written, at, { at: place }) {
      const base = keyOf(written.of);
      const key = JSON.stringify([base, written.count]);
      const entry: Entry = entries.get(key) ?? { quantile: { ...written, base, id: `q${entries.size + 1}` }, points: [] };
      entries.set(key, entry);
      const known = entry.points.find((point) => sameRational(point.at, at));
      if (known !== undefined) return known.id;
      size += 1;
      if (size > maxPoints) stop("QUERY_TOO_LARGE", place, `more than ${maxPoints} quantiles in one SELECT`);
      const id = `${entry.quantile.id}p${entry.points.length + 1}`;
      entry.points.push({ id, at });
      return id;
    },
    quantiles: () => [...entries.values()].map((entry) => Object.freeze({ ...entry.quantile, points: inOrder(entry) })),
  };
}

/** The share a quantile is asked at: a constant between 0 and 1, neither of them. */
function shareOf(expr: Bound): Rational {
  const constant = constantOf(expr);
  if (constant?.family !== "number")
    return stop("QUERY_AGGREGATE_REFUSED", expr.at, "a quantile at something that is no constant");
  const { value } = constant;
  if (value.num <= 0n || value.num >= value.den) {
    return stop(
      "QUERY_AGGREGATE_REFUSED",
      expr.at,
      `a quantile at ${labelOf(expr)}`,
      "Ask between 0 and 1, with enough people on both sides: 0 and 1 are the values of single people.",
    );
  }
  if (finest % value.den !== 0n) stop("QUERY_AGGREGATE_REFUSED", expr.at, "a quantile at a share of more than six decimals");
  return value;
}

/** One share, or a list of them. */
export function sharesOf(expr: Bound): { readonly list: boolean; readonly shares: readonly Rational[] } {
  if (expr.kind !== "call" || expr.fn !== "list_value") return { list: false, shares: [shareOf(expr)] };
  if (expr.args.length === 0) return stop("QUERY_AGGREGATE_REFUSED", expr.at, "quantiles at no share");
  return { list: true, shares: expr.args.map(shareOf) };
}

export const half = rational(1n, 2n);

/** Counted from the other end. */
export function fromAbove(share: Rational): Rational {
  return minus(one, share);
}

function noGrid(field: SubjectField, at: Bound["at"]): never {
  return stop(
    "QUERY_AGGREGATE_REFUSED",
    at,
    `a quantile of ${field.derived?.label ?? field.column.name}, which has no declared grid`,
    "A quantile is told as a step of its measure's grid: use avg() or stddev(), or have a grid agreed for the column.",
  );
}

/** The width of a step; a number of rows per owner is its own. */
function gridOf(field: SubjectField, at: Bound["at"]): Rational {
  if (field.derived?.bases.every((base) => base === counts) === true) return one;
  const grid = field.column.grid === undefined ? undefined : parseRational(String(field.column.grid));
  return grid === undefined || isZero(grid) ? noGrid(field, at) : grid;
}

/** A stored measure or an unfiltered total of one owner, with its grid; everything else has no quantiles (design §5). */
export function quantileMeasure(of: Bound): Pick<Quantile, "of" | "grid" | "whole"> {
  const field = plainSubject(of);
  const { derived } = field ?? {};
  const isTotal = derived?.sums === "itself" && derived.plain;
  const isColumn = field !== undefined && isMeasure(field) && (derived === undefined || derived.stored);
  if (field === undefined || !(isTotal || isColumn)) {
    return stop(
      "QUERY_AGGREGATE_REFUSED",
      of.at,
      `a quantile of ${labelOf(of)}`,
      "Quantiles are of stored measures, and of counts and sums per owner under no condition.",
    );
  }
  return { of, grid: gridOf(field, of.at), whole: typeFamily(field.column.type) === "integer" };
}
