import { stop } from "../refusal.ts";
import type { Bound, Field, SubqueryRef } from "../resolve/field.ts";
import type { CaseExpr } from "../tree/expression.ts";
import { call, isNull, literalNull, logic, numberLiteral } from "../tree/make.ts";
import { type Aggregate, column, doubleText, type FigureRule, scaled } from "./figure-parts.ts";
import { keyOf } from "./label.ts";
import { linearBranches } from "./measure.ts";
import { fromAbove, half, quantileMeasure, sharesOf } from "./quantiles.ts";
import { add, isZero, type Rational, zero } from "./rational.ts";

interface Asked {
  readonly of: Bound;
  readonly shares: readonly Rational[];
  /** Whether they were asked as a list. */
  readonly list: boolean;
  /** Counted from the greatest. */
  readonly down: boolean;
}

/** What a quantile is of, at which shares, and whether it counts from above: `quantile_cont(x, p)`, `median(x)`, WITHIN GROUP. */
function quantileArguments({ fn, args, order, at }: Aggregate): Asked {
  const [first, second, more] = args;
  const [sorted, ...others] = order;
  if (fn === "median" && first !== undefined && order.length === 0)
    return { of: first, shares: [half], list: false, down: false };
  if (sorted !== undefined && others.length === 0 && first !== undefined && second === undefined && fn !== "median")
    return { of: sorted.expr, ...sharesOf(first), down: sorted.direction === "desc" };
  if (first === undefined || second === undefined || more !== undefined || sorted !== undefined)
    return stop("QUERY_ROW_CHOICE", at, `ORDER BY inside ${fn}`);
  return { of: first, ...sharesOf(second), down: false };
}

/** All that go into a figure, or nothing. */
function listOf(figures: readonly Bound[]): Bound {
  const made: CaseExpr<Field, SubqueryRef> = {
    kind: "case",
    branches: [
      {
        when: logic(
          "and",
          figures.map((figure) => isNull(figure, true)),
        ),
        result: call("list_value", ...figures),
      },
    ],
    otherwise: literalNull,
    at: undefined,
  };
  return Object.freeze(made);
}

/** The rows that a quantile is taken over, its measure, and what is done to it: a constant factor and offset. */
function quantileForm(of: Bound) {
  const [branch, ...others] = linearBranches(of);
  const terms = branch?.terms ?? [];
  const [measured, ...further] = terms.filter(({ factors }) => factors.length > 0);
  const [factor, ...product] = measured?.factors ?? [];
  if (branch === undefined || others.length > 0 || measured === undefined || factor === undefined || isZero(measured.coefficient))
    return stop("QUERY_MEASURE_SHAPE", of.at, "a quantile of something that is no single measure");
  if (further.length > 0 || product.length > 0)
    return stop("QUERY_MEASURE_SHAPE", of.at, "a quantile of several measures together");
  const offset = terms.filter(({ factors }) => factors.length === 0).reduce((sum, term) => add(sum, term.coefficient), zero);
  const { coefficient } = measured;
  return { factor, coefficient, offset, conditions: [...branch.guards, ...branch.present.map((expr) => isNull(expr, true))] };
}

/** All forms alike: the step of the grid in which the point lies. */
export const quantile: FigureRule = (expr, filter, context) => {
  const { of, shares, list, down } = quantileArguments(expr);
  const { factor, coefficient, offset, conditions } = quantileForm(of);
  const measure = quantileMeasure(factor);
  const behind = keyOf(factor);
  const all = [...filter, ...conditions];
  const count = context.book.add({ aggregate: "count", factors: [], conditions: all, owner: undefined, behind });
  const turned = down !== coefficient.num < 0n;
  const figures = shares.map((share) => {
    const at = turned ? fromAbove(share) : share;
    const id = context.quantiles.point({ ...measure, count }, at, expr);
    const figure = scaled(column(context, id), coefficient, expr);
    return isZero(offset) ? figure : call("+", figure, numberLiteral(doubleText(offset, expr), "double"));
  });
  const [figure] = figures;
  return list || figure === undefined ? listOf(figures) : figure;
};
