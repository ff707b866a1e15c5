import { stop } from "../refusal.ts";
import type { OwnerExpr } from "../release/model.ts";
import { type Bound, type Field, plainSubject, type SubjectField, type SubqueryRef } from "../resolve/field.ts";
import type { WindowExpr } from "../tree/expression.ts";
import { gridOf, isMeasure } from "./category.ts";
import { stopCoarse } from "./coarse.ts";
import { mustBeCategory, mustBeLooseCategory } from "./condition.ts";
import { constantOf } from "./constant.ts";
import { categorySpec, countSpec, type DerivedBook, type DerivedSpec, measureSpec } from "./derive.ts";
import { labelOf } from "./label.ts";
import { ownerOf } from "./owners.ts";

type Window = WindowExpr<Field, SubqueryRef>;

export interface WindowContext {
  readonly owners: readonly OwnerExpr[];
  /** Aliases of tables behind an outer join: their keys may be missing, and all such rows would be one partition. */
  readonly outer: ReadonlySet<string>;
  /** Every usable stored column, to break ties: which of two equal rows is first must not depend on the engine. */
  readonly ties: readonly Bound[];
  readonly book: DerivedBook;
}

type WindowRule = (expr: Window, label: string) => DerivedSpec;

function argument(expr: Window): Bound {
  return expr.args[0] ?? stop("QUERY_AGGREGATE_REFUSED", expr.at, `${expr.fn} without an argument`);
}

const place: WindowRule = (_expr, label) => countSpec(label, "never", false);

const buckets: WindowRule = (expr, label) => {
  mustBeWhole(argument(expr));
  return place(expr, label);
};

function mustBeWhole(expr: Bound): void {
  const constant = constantOf(expr);
  if (constant?.family === "number" && constant.whole && constant.value.num > 0n) return;
  stop("QUERY_CONDITION", expr.at, "a window's number that is no whole constant");
}

/** One of the owner's own values: as coarse as where it comes from. */
const neighbour: WindowRule = (expr, label) => {
  const [value = argument(expr), offset, ...more] = expr.args;
  if (offset !== undefined) mustBeWhole(offset);
  if (more.length > 0) stop("QUERY_AGGREGATE_REFUSED", expr.at, `${expr.fn} with a default value over protected rows`);
  const field = plainSubject(value);
  if (field !== undefined && isMeasure(field)) return measureSpec(label, field.column.type, gridOf(field));
  const category = mustBeLooseCategory(value, "QUERY_AGGREGATE_REFUSED");
  return categorySpec(expr, { ...category, patterns: "none" }, label);
};

/** max(x, 3) is a list. */
const extreme: WindowRule = (expr, label) => {
  if (expr.args.length > 1) stop("QUERY_AGGREGATE_REFUSED", expr.at, `${expr.fn} with two arguments over protected rows`);
  return neighbour(expr, label);
};

const counted: WindowRule = (expr, label) => {
  const [arg] = expr.args;
  const field = arg === undefined ? undefined : plainSubject(arg);
  if (arg !== undefined && !(field !== undefined && isMeasure(field))) mustBeLooseCategory(arg, "QUERY_AGGREGATE_REFUSED");
  return countSpec(label, "never", false);
};

/** A running sum or mean of a measure, in DOUBLE: it is on the measure's grid for conditions, and never summed again. */
const figure: WindowRule = (expr, label) => {
  const field = plainSubject(argument(expr));
  if (field === undefined || !isMeasure(field))
    return stop("QUERY_AGGREGATE_REFUSED", expr.at, `${expr.fn} over a window of something that is no plain measure`);
  return measureSpec(label, "DOUBLE", gridOf(field));
};

const rules: ReadonlyMap<string, WindowRule> = new Map<string, WindowRule>([
  ...["row_number", "rank", "dense_rank", "rank_dense"].map((fn) => [fn, place] as const),
  ["ntile", buckets],
  ...["lag", "lead", "first_value", "last_value"].map((fn) => [fn, neighbour] as const),
  ["count_star", counted],
  ["count", counted],
  ...["sum", "avg", "mean"].map((fn) => [fn, figure] as const),
  ...["min", "max"].map((fn) => [fn, extreme] as const),
]);

function checkOrder(expr: Bound): void {
  const field = plainSubject(expr);
  if (field !== undefined && (field.subject !== undefined || isMeasure(field))) return;
  const { coarse } = mustBeLooseCategory(expr, "QUERY_CONDITION");
  // Which of the owner's own rows comes first is no bound on any: a column asked in ranges may order them, as a measure may.
  if (coarse !== undefined && coarse.view.kind !== "grid" && coarse.view.kind !== "step") stopCoarse(coarse, expr.at);
}

/** Functions whose value hangs on which of two equal rows comes first. */
const tied: ReadonlySet<string> = new Set(["row_number", "ntile", "lag", "lead", "first_value"]);
const summed: ReadonlySet<string> = new Set(["sum", "avg", "mean"]);

/** The window as it runs: sums in DOUBLE, which cannot overflow, and no tie left to chance. */
function steady(expr: Window, ties: readonly Bound[]): Bound {
  const args = summed.has(expr.fn) ? expr.args.map((arg) => toDouble(arg)) : expr.args;
  if (!tied.has(expr.fn)) return { ...expr, args };
  const order = [...expr.order, ...ties.map((tie) => ({ expr: tie, direction: undefined, nulls: undefined }))];
  return { ...expr, args, order };
}

function toDouble(arg: Bound): Bound {
  return { kind: "cast", arg, type: "DOUBLE", lenient: false, at: arg.at };
}

/** The partition holds every owner; whatever else stands in it divides the owner's own rows. */
function checkPartition(expr: Window, { owners, outer }: WindowContext): void {
  const held = new Set<OwnerExpr>();
  for (const part of expr.partition) {
    const field = plainSubject(part);
    const owner = field === undefined ? undefined : ownerOf(owners, field);
    if (owner === undefined) mustBeCategory(part, "QUERY_GROUP_KEY");
    else if (field !== undefined && !outer.has(field.source)) held.add(owner);
  }
  if (held.size === owners.length) return;
  stop(
    "QUERY_ROW_CHOICE",
    expr.at,
    `${expr.fn} over a window that reaches over several owners`,
    "Write PARTITION BY with the owner key (of every owner in the row), or aggregate first.",
  );
}

/** Frames of whole numbers of rows, or the plain ones; nothing that chooses or drops rows by what they hold. */
function checkForm(expr: Window): void {
  const { frame } = expr;
  const chooses = expr.distinct || expr.ignoreNulls || expr.filter !== undefined || expr.argOrder.length > 0;
  const refuse = (what: string): never => stop("QUERY_CLAUSE_UNSUPPORTED", expr.at, `${what} in a window over protected rows`);
  if (chooses) refuse("FILTER, DISTINCT, IGNORE NULLS or ORDER BY among the arguments");
  if (frame?.exclude !== undefined || frame?.unit === "GROUPS") refuse("EXCLUDE or GROUPS");
  for (const bound of [frame?.start, frame?.end]) {
    if (typeof bound !== "object") continue;
    const offset = constantOf(bound.offset);
    const isCount = offset?.family === "number" && offset.whole && offset.value.num >= 0n;
    if (frame?.unit !== "ROWS" || !isCount) refuse("a frame that is not of whole numbers of rows");
  }
}

/** The column that a window within one owner becomes. */
export function windowFigure(expr: Window, context: WindowContext): SubjectField {
  const rule = rules.get(expr.fn);
  if (rule === undefined) return stop("QUERY_AGGREGATE_REFUSED", expr.at, `${expr.fn} over a window of protected rows`);
  checkForm(expr);
  checkPartition(expr, context);
  for (const item of expr.order) checkOrder(item.expr);
  return context.book.add(steady(expr, context.ties), rule(expr, labelOf(expr)));
}
