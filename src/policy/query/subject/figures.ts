import { aggregateAdvice } from "../advice/aggregate-advice.ts";
import { stop } from "../refusal.ts";
import { type Bound, plainSubject } from "../resolve/field.ts";
import { call, isNull, numberLiteral } from "../tree/make.ts";
import { checkCondition } from "./condition.ts";
import { type Aggregate, column, double, type FigureContext, type FigureRule, scaled } from "./figure-parts.ts";
import { keyOf } from "./label.ts";
import { type Branch, linearBranches, presenceOf } from "./measure.ts";
import { type PairSums, type PowerSums, pairMoments, type Sums, shapeMoments, singleMoments } from "./moments.ts";
import { ownerOf } from "./owners.ts";
import { powerBranches } from "./powers.ts";
import { quantile } from "./quantile-figure.ts";
import { add, isZero, type Rational } from "./rational.ts";

function countWhere(conditions: readonly Bound[], context: FigureContext): Bound {
  return column(context, context.book.add({ aggregate: "count", factors: [], conditions, owner: undefined }));
}

function argument(expr: Aggregate, at = 0): Bound {
  return expr.args[at] ?? stop("QUERY_AGGREGATE_REFUSED", expr.at, `${expr.fn} without an argument`);
}

/** count(DISTINCT key), the key perhaps under a CASE: the number of owners themselves, or of values of a category. */
function countOwners(expr: Aggregate, filter: readonly Bound[], context: FigureContext): Bound {
  const { key, conditions } = keyUnderCase(argument(expr));
  const field = plainSubject(key);
  const owner = field === undefined ? undefined : ownerOf(context.owners, field);
  if (field === undefined || owner === undefined) return context.distinctValues(key, [...filter, ...conditions]);
  // Whom a table behind an outer join leaves out is an owner of the row all the same, but not counted by that table's key.
  const [first] = owner.fields;
  const absent = context.outer.has(field.source) && !(owner.outer && first.source === field.source);
  const present = absent ? [isNull(key, true)] : [];
  const atom = { aggregate: "owners", factors: [], conditions: [...filter, ...conditions, ...present], owner } as const;
  return column(context, context.book.add(atom));
}

function keyUnderCase(expr: Bound): { readonly key: Bound; readonly conditions: readonly Bound[] } {
  const [branch, ...more] = expr.kind === "case" ? expr.branches : [];
  if (expr.kind !== "case" || branch === undefined || more.length > 0) return { key: expr, conditions: [] };
  const elseNull = expr.otherwise.kind === "literal" && expr.otherwise.value.type === "null";
  return elseNull ? { key: branch.result, conditions: [branch.when] } : { key: expr, conditions: [] };
}

function count(expr: Aggregate, filter: readonly Bound[], context: FigureContext): Bound {
  if (expr.distinct) return countOwners(expr, filter, context);
  if (expr.args.length === 0) return countWhere(filter, context);
  return countWhere([...filter, presenceOf(argument(expr))], context);
}

/** Sum of an expression as a combination of atoms: constants distribute out, CASE becomes FILTER, 0 falls away. */
function sumOf(
  arg: Bound,
  filter: readonly Bound[],
  context: FigureContext,
  branches: readonly Branch[] = linearBranches(arg),
): Bound {
  const terms = new Map<string, Rational>();
  for (const branch of branches) {
    for (const { coefficient, factors } of branch.terms) {
      const own = new Set(factors.map(keyOf));
      const present = branch.present.filter((expr) => !own.has(keyOf(expr))).map((expr) => isNull(expr, true));
      const conditions = [...filter, ...branch.guards, ...present];
      if (isZero(coefficient)) continue;
      const id = context.book.add({ aggregate: factors.length === 0 ? "count" : "sum", factors, conditions, owner: undefined });
      terms.set(id, add(terms.get(id) ?? { num: 0n, den: 1n }, coefficient));
    }
  }
  const parts = [...terms]
    .filter(([, coefficient]) => !isZero(coefficient))
    .map(([id, coefficient]) => scaled(column(context, id), coefficient, arg));
  return parts.length === 0 ? numberLiteral("0", "integer") : parts.reduce((sum, part) => call("+", sum, part));
}

function sum(expr: Aggregate, filter: readonly Bound[], context: FigureContext): Bound {
  return sumOf(argument(expr), filter, context);
}

/** The mean is the sum over the count of what is there, each judged by itself. */
function average(expr: Aggregate, filter: readonly Bound[], context: FigureContext): Bound {
  const total = sumOf(argument(expr), filter, context);
  const number = countWhere([...filter, presenceOf(argument(expr))], context);
  return call("/", double(total), number);
}

function countIf(expr: Aggregate, filter: readonly Bound[], context: FigureContext): Bound {
  return countWhere([...filter, argument(expr)], context);
}

const product = (a: Bound, b: Bound, at: Bound): Bound => ({ ...call("*", a, b), at: at.at });

/** Sums of squares of a measure, judged by themselves. */
function singleMoment(formula: (sums: Sums) => Bound): FigureRule {
  return (expr, filter, context) => {
    const x = argument(expr);
    const n = countWhere([...filter, presenceOf(x)], context);
    return formula({ n, x: sumOf(x, filter, context), xx: sumOf(product(x, x, expr), filter, context) });
  };
}

/** Sums of third and fourth powers as well. */
function shapeMoment(formula: (sums: PowerSums) => Bound): FigureRule {
  return (expr, filter, context) => {
    const x = argument(expr);
    const power = (exponent: 3 | 4) => (): Bound => sumOf(x, filter, context, powerBranches(x, exponent));
    const n = countWhere([...filter, presenceOf(x)], context);
    const [sum, square] = [sumOf(x, filter, context), sumOf(product(x, x, expr), filter, context)];
    return formula({ n, x: sum, xx: square, xxx: power(3), xxxx: power(4) });
  };
}

/** The same of two measures, over rows in which both are there. */
function pairMoment(formula: (sums: PairSums) => Bound): FigureRule {
  return (expr, filter, context) => {
    const [y, x] = [argument(expr), argument(expr, 1)];
    const sum = (of: Bound, ...others: readonly Bound[]): Bound => sumOf(of, [...filter, ...others.map(presenceOf)], context);
    return formula({
      n: countWhere([...filter, presenceOf(x), presenceOf(y)], context),
      x: sum(x, y),
      xx: sum(product(x, x, expr), y),
      y: sum(y, x),
      yy: sum(product(y, y, expr), x),
      xy: sum(product(y, x, expr)),
    });
  };
}

/** One line per aggregate that protected rows take. */
const rules: ReadonlyMap<string, FigureRule> = new Map<string, FigureRule>([
  ["count_star", count],
  ["count", count],
  ["count_if", countIf],
  ["countif", countIf],
  ["sum", sum],
  ["avg", average],
  ["mean", average],
  // Sums here are exact or compensated already.
  ...["fsum", "kahan_sum", "sumkahan"].map((fn) => [fn, sum] as const),
  ["favg", average],
  ...["median", "quantile", "quantile_cont", "quantile_disc", "approx_quantile"].map((fn) => [fn, quantile] as const),
  ...[...singleMoments].map(([fn, formula]) => [fn, singleMoment(formula)] as const),
  ...[...shapeMoments].map(([fn, formula]) => [fn, shapeMoment(formula)] as const),
  ...[...pairMoments].map(([fn, formula]) => [fn, pairMoment(formula)] as const),
]);

const extremes: ReadonlySet<string> = new Set(["min", "max"]);
const nearTheEnd = "Ask for a point with enough people beyond it: quantile_cont(x, 0.05), quantile_cont(x, 0.95).";

/** Rewrites one aggregate over protected rows as an expression of released atoms. */
export function figureOf(expr: Aggregate, context: FigureContext): Bound {
  const rule = rules.get(expr.fn);
  if (rule === undefined) {
    const instead = extremes.has(expr.fn) ? nearTheEnd : aggregateAdvice(expr.fn);
    return stop("QUERY_AGGREGATE_REFUSED", expr.at, `${expr.fn} over protected rows`, instead);
  }
  if (expr.order.length > 0 && rule !== quantile)
    stop("QUERY_ROW_CHOICE", expr.at, `ORDER BY inside ${expr.fn}`, `Leave it out: ${expr.fn} is the same in every order.`);
  if (expr.distinct && expr.fn !== "count") {
    const instead = `Leave DISTINCT out: ${expr.fn}(…). Only count takes it.`;
    stop("QUERY_AGGREGATE_REFUSED", expr.at, `${expr.fn}(DISTINCT) over protected rows`, instead);
  }
  if (expr.filter !== undefined) checkCondition(expr.filter);
  return rule(expr, expr.filter === undefined ? [] : [expr.filter], context);
}
