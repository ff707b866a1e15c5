import { stop } from "../refusal.ts";
import type { OwnerExpr } from "../release/model.ts";
import { type Bound, type Field, refTo, type SubqueryRef } from "../resolve/field.ts";
import type { AggregateExpr, CastExpr } from "../tree/expression.ts";
import { call, numberLiteral } from "../tree/make.ts";
import type { AtomBook } from "./atoms.ts";
import type { QuantileBook } from "./quantiles.ts";
import { one, type Rational, sameRational } from "./rational.ts";

/** Where figures of one release are gathered. */
export interface FigureContext {
  readonly book: AtomBook;
  readonly quantiles: QuantileBook;
  readonly owners: readonly OwnerExpr[];
  /** Aliases of tables behind an outer join. */
  readonly outer: ReadonlySet<string>;
  /** Alias of the released rows that the figures are columns of. */
  readonly source: string;
  /** The number of values of a category that pass by themselves where the conditions hold. */
  distinctValues(of: Bound, conditions: readonly Bound[]): Bound;
}

export type Aggregate = AggregateExpr<Field, SubqueryRef>;
export type FigureRule = (expr: Aggregate, filter: readonly Bound[], context: FigureContext) => Bound;

/** A column of the release itself. */
export function column(context: FigureContext, id: string): Bound {
  return refTo({ kind: "free", source: context.source, column: id }, undefined);
}

export function doubleText(value: Rational, at: Bound): string {
  const number = Number(value.num) / Number(value.den);
  return Number.isFinite(number)
    ? String(number)
    : stop("QUERY_TOO_LARGE", at.at, "a constant factor beyond the range of DOUBLE");
}

export function double(expr: Bound): Bound {
  const cast: CastExpr<Field, SubqueryRef> = { kind: "cast", arg: expr, type: "DOUBLE", lenient: false, at: undefined };
  return Object.freeze(cast);
}

/** Factors are DOUBLE, so that no product of released figures overflows. */
export function scaled(figure: Bound, by: Rational, at: Bound): Bound {
  return sameRational(by, one) ? figure : call("*", double(figure), numberLiteral(doubleText(by, at), "double"));
}
