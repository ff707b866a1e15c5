import { stop } from "../refusal.ts";
import type { TotalPart } from "../resolve/field.ts";
import { type Bound, type Field, plainSubject, type SubjectField, type SubqueryRef } from "../resolve/field.ts";
import { rebuildBound } from "../resolve/tied.ts";
import type { AggregateExpr, CastExpr } from "../tree/expression.ts";
import { call, isNull, logic, numberLiteral } from "../tree/make.ts";
import { sumsExactly, typeFamily } from "../types.ts";
import { basesOf, counts } from "./bases.ts";
import { gridOf, isMeasure } from "./category.ts";
import { checkCondition, describe, mustBeCategory, mustBeLooseCategory } from "./condition.ts";
import { categorySpec, countSpec, type DerivedBook, type DerivedSpec, measureSpec } from "./derive.ts";
import { checkDomain } from "./domain.ts";
import { labelOf } from "./label.ts";
import { makeCategory } from "./make-category.ts";
import { type Branch, linearBranches, type Term } from "./measure.ts";
import { isZero, one, sameRational } from "./rational.ts";

type Aggregate = AggregateExpr<Field, SubqueryRef>;

/** Where the columns of one per-owner grouping are gathered. */
export interface OwnedContext {
  readonly book: DerivedBook;
  /** Conditions that hold for every row. */
  readonly given: readonly Bound[];
  /** Nothing but the owner chooses the rows: totals may be multiplied. */
  readonly unconditional: boolean;
  /** ` per person`. */
  readonly per: string;
}

type OwnedRule = (expr: Aggregate, context: OwnedContext) => SubjectField;

function cast(arg: Bound, type: string): Bound {
  const made: CastExpr<Field, SubqueryRef> = { kind: "cast", arg, type, lenient: false, at: arg.at };
  return Object.freeze(made);
}

function aggregate(fn: string, args: readonly Bound[], filter: Bound | undefined): Bound {
  const made: Aggregate = { kind: "aggregate", fn, args, distinct: false, filter, order: [], at: undefined };
  return Object.freeze(made);
}

function argument(expr: Aggregate): Bound {
  return expr.args[0] ?? stop("QUERY_AGGREGATE_REFUSED", expr.at, `${expr.fn} without an argument`);
}

const allOf = (conditions: readonly Bound[]): Bound | undefined =>
  conditions.length === 0 ? undefined : logic("and", conditions);

/** NULL where nothing is counted, so that an owner without any is no contributor. */
function countPart(conditions: readonly Bound[]): Bound {
  return call("nullif", aggregate("count_star", [], allOf(conditions)), numberLiteral("0", "integer"));
}

function counted(expr: Aggregate, part: Bound, context: OwnedContext): SubjectField {
  const label = labelOf(expr) + context.per;
  const field = context.book.add(part, { ...measureSpec(label, "BIGINT", undefined), bases: [counts], sums: "itself" });
  return context.book.add(expr, countSpec(label, [{ coefficient: one, field }], false));
}

const count: OwnedRule = (expr, context) => {
  const [arg] = expr.args;
  if (expr.distinct) {
    mustBeCategory(argument(expr), "QUERY_AGGREGATE_REFUSED");
    return counted(expr, call("nullif", expr, numberLiteral("0", "integer")), context);
  }
  if (arg === undefined && expr.filter === undefined)
    return context.book.add(expr, countSpec(labelOf(expr) + context.per, "itself", context.unconditional));
  if (arg !== undefined) checkCountable(arg);
  return counted(expr, call("nullif", expr, numberLiteral("0", "integer")), context);
};

/** What count(x) asks: whether something that may be looked at is there. */
function checkCountable(arg: Bound): void {
  const field = plainSubject(arg);
  if (field !== undefined && (field.subject !== undefined || isMeasure(field))) return;
  mustBeLooseCategory(arg, "QUERY_AGGREGATE_REFUSED");
}

const countIf: OwnedRule = (expr, context) => {
  checkCondition(argument(expr));
  return counted(expr, call("nullif", expr, numberLiteral("0", "integer")), context);
};

/** Measures as DOUBLE, so that no arithmetic on protected values overflows. */
function asDouble(expr: Bound): Bound {
  if (expr.kind !== "ref") return rebuildBound(expr, asDouble);
  return measureField(expr) === undefined ? expr : cast(expr, "DOUBLE");
}

/** A sum that cannot fail: of a stored column in its exact type, of all else in DOUBLE. */
function sumColumn(factors: readonly Bound[], filter: Bound | undefined): { readonly expr: Bound; readonly type: string } {
  const [type, ...others] = factors.map((factor) => plainSubject(factor)?.column.type ?? "DOUBLE");
  if (type !== undefined && others.length === 0 && sumsExactly(type)) {
    const wide = typeFamily(type) === "decimal" ? type.replace(/\(\s*\d+/, "(38") : "HUGEINT";
    return { expr: aggregate("sum", factors, filter), type: wide };
  }
  const product = factors.map((factor) => cast(factor, "DOUBLE")).reduce((a, b) => call("*", a, b));
  return { expr: aggregate("fsum", [product], filter), type: "DOUBLE" };
}

function termPart(term: Term, branch: Branch, filter: readonly Bound[], label: string, context: OwnedContext): TotalPart {
  const own = new Set(term.factors.map(labelOf));
  const present = branch.present.filter((expr) => !own.has(labelOf(expr))).map((expr) => isNull(expr, true));
  const conditions = [...filter, ...branch.guards, ...present];
  for (const condition of conditions) checkCondition(condition);
  for (const factor of term.factors) checkDomain(factor, [...context.given, ...conditions]);
  const made =
    term.factors.length === 0 ? { expr: countPart(conditions), type: "BIGINT" } : sumColumn(term.factors, allOf(conditions));
  const spec: DerivedSpec = { ...measureSpec(label, made.type, undefined), bases: basesOf(term.factors), sums: "itself" };
  return { coefficient: term.coefficient, field: context.book.add(made.expr, spec) };
}

/** The stored measure or total that an expression plainly is. */
function measureField(expr: Bound): SubjectField | undefined {
  const field = plainSubject(expr);
  return field !== undefined && isMeasure(field) ? field : undefined;
}

const sum: OwnedRule = (expr, context) => {
  const arg = argument(expr);
  const branches = linearBranches(arg);
  const label = labelOf(expr) + context.per;
  const filter = expr.filter === undefined ? [] : [expr.filter];
  const measure = measureField(arg);
  if (measure !== undefined && (measure.derived === undefined || measure.derived.sums === "itself")) {
    const plain = context.unconditional && expr.filter === undefined && measure.derived?.plain !== false;
    const { expr: made, type } = sumColumn([arg], expr.filter);
    return context.book.add(made, {
      ...measureSpec(label, type, gridOf(measure)),
      bases: basesOf([arg]),
      sums: "itself",
      plain,
    });
  }
  const terms = branches.flatMap((branch) => branch.terms.map((term) => ({ branch, term })));
  const parts = terms
    .filter(({ term }) => !isZero(term.coefficient))
    .map(({ branch, term }) => termPart(term, branch, filter, label, context));
  const made = aggregate("fsum", [asDouble(arg)], expr.filter);
  const counts = terms.every(
    ({ term }) => term.factors.length === 0 && (isZero(term.coefficient) || sameRational(term.coefficient, one)),
  );
  if (counts) return context.book.add({ ...expr, args: [arg] }, countSpec(label, parts, false));
  return context.book.add(made, { ...measureSpec(label, "DOUBLE", undefined), sums: parts });
};

/** Mean, median, extreme of one owner's own values: a number on the measure's grid for conditions, never summed. */
const ownMeasure: OwnedRule = (expr, context) => {
  const arg = argument(expr);
  const measure = measureField(arg);
  if (measure === undefined) return ownCategory(expr, context);
  return context.book.add(
    { ...expr, args: [cast(arg, "DOUBLE")] },
    measureSpec(labelOf(expr) + context.per, "DOUBLE", gridOf(measure)),
  );
};

/** First date, last band: an extreme of what is coarse stays as coarse. */
const ownCategory: OwnedRule = (expr, context) => {
  if (expr.fn !== "min" && expr.fn !== "max") return notOwned(expr);
  const category = mustBeLooseCategory(argument(expr), "QUERY_AGGREGATE_REFUSED");
  return context.book.add(expr, categorySpec(expr, { ...category, patterns: "none" }, labelOf(expr) + context.per));
};

const everyOf: OwnedRule = (expr, context) => {
  checkCondition(argument(expr));
  const category = makeCategory({ family: "boolean" });
  return context.book.add(expr, categorySpec(expr, category, labelOf(expr) + context.per));
};

function notOwned(expr: Aggregate): never {
  return stop("QUERY_AGGREGATE_REFUSED", expr.at, `${expr.fn} of one owner's rows in this form (${describe(expr)})`);
}

/** One line per aggregate that a per-owner grouping takes. All are of one owner's own rows. */
const rules: ReadonlyMap<string, OwnedRule> = new Map<string, OwnedRule>([
  ["count_star", count],
  ["count", count],
  ["count_if", countIf],
  ["countif", countIf],
  ["sum", sum],
  ...["avg", "mean", "median", "min", "max"].map((fn) => [fn, ownMeasure] as const),
  ...["bool_and", "bool_or"].map((fn) => [fn, everyOf] as const),
]);

/** The column that an aggregate over one owner's rows becomes. */
export function ownedFigure(expr: Aggregate, context: OwnedContext): SubjectField {
  const rule = rules.get(expr.fn);
  if (rule === undefined) return stop("QUERY_AGGREGATE_REFUSED", expr.at, `${expr.fn} over the rows of one owner`);
  if (expr.order.length > 0) stop("QUERY_ROW_CHOICE", expr.at, `ORDER BY inside ${expr.fn}`);
  if (expr.distinct && expr.fn !== "count")
    stop("QUERY_AGGREGATE_REFUSED", expr.at, `${expr.fn}(DISTINCT) over the rows of one owner`);
  // max(x, 3) is a list.
  if (expr.args.length > 1) stop("QUERY_AGGREGATE_REFUSED", expr.at, `${expr.fn} with two arguments over the rows of one owner`);
  if (expr.filter !== undefined) checkCondition(expr.filter);
  return rule(expr, context);
}
