import { gridAdvice, rangeAdvice } from "../advice/column-advice.ts";
import { functionAdvice } from "../advice/function-advice.ts";
import { classesOf } from "../controls.ts";
import { type At, stop } from "../refusal.ts";
import type { QueryRefusalCode } from "../refusal-codes.ts";
import type { Category } from "../resolve/category.ts";
import { type Bound, type Field, plainSubject, type SubjectField, type SubqueryRef } from "../resolve/field.ts";
import { fieldsIn } from "../resolve/tied.ts";
import type { CompareExpr, CompareOp } from "../tree/expression.ts";
import type { TypeFamily } from "../types.ts";
import { categoryOf, gridOf, isMeasure, looseCategoryOf, nameOf, onGrid } from "./category.ts";
import { checkCoarseRange } from "./coarse.ts";
import { type Constant, constantOf, isDateText, isLongInteger } from "./constant.ts";
import { checkPattern, isPattern } from "./pattern.ts";
import { isRounded } from "./rounded.ts";

const ranges: ReadonlySet<CompareOp> = new Set(["<", "<=", ">", ">="]);

function refuse(code: QueryRefusalCode, expr: Bound, found: string, instead?: string): never {
  stop(code, expr.at, found, instead);
}

/** The category, or the refusal that fits what stands there instead. */
export function mustBeCategory(expr: Bound, code: QueryRefusalCode): Category {
  return categoryOf(expr, checkCondition) ?? stopOther(expr, code);
}

/** The same, where a column of which only a coarse view may be asked is taken: the caller holds to that view. */
export function mustBeLooseCategory(expr: Bound, code: QueryRefusalCode): Category {
  return looseCategoryOf(expr, checkCondition) ?? stopOther(expr, code);
}

function stopOther(expr: Bound, code: QueryRefusalCode): never {
  const field = plainSubject(expr);
  if (field !== undefined) {
    const name = nameOf(field);
    refuse("QUERY_MEASURE_CONDITION", expr, `the plain measure ${name}`, rangeAdvice(name, field.column.grid, undefined));
  }
  refuse(code, expr, describe(expr), adviceFor(expr));
}

const kinds: Readonly<Record<Bound["kind"], string>> = {
  ref: "a column",
  literal: "a literal",
  call: "",
  aggregate: "an aggregate inside another expression over protected rows",
  window: "a window over protected rows",
  compare: "a comparison",
  logic: "a logical expression",
  not: "NOT",
  "is-null": "IS NULL",
  in: "IN",
  case: "a CASE whose results are of different kinds",
  cast: "a cast",
  lambda: "a lambda",
  subquery: "the value of a subquery",
};

/** What stands there, in words. */
export function describe(expr: Bound): string {
  switch (expr.kind) {
    case "call":
      return `the ${/^\w/.test(expr.fn) ? "function" : "operator"} ${expr.fn}, which this place does not take`;
    case "aggregate":
    case "window":
      return `${kinds[expr.kind]} (${expr.fn})`;
    default:
      return kinds[expr.kind];
  }
}

function adviceFor(expr: Bound): string | undefined {
  if (expr.kind === "call") return functionAdvice(expr.fn);
  if (expr.kind !== "case") return undefined;
  return "Give every branch of the CASE a value of one kind: all texts, or all numbers.";
}

function measureOf(expr: Bound): SubjectField | undefined {
  const field = plainSubject(expr);
  return field !== undefined && isMeasure(field) ? field : undefined;
}

/** A figure of one owner's rows that arithmetic or a column without a grid made. */
function isShaped(field: SubjectField): boolean {
  return field.derived?.stored === false && field.column.grid === undefined;
}

function checkMeasureControl({ column }: SubjectField, at: At): void {
  if (classesOf(column).includes("range")) return;
  const instead = `Use ${column.name} inside aggregates, or ask whether it IS NULL.`;
  stop("QUERY_COLUMN_CONTROL", at, `the measure ${column.name}, of which no condition may ask`, instead);
}

function checkMeasure(field: SubjectField, op: CompareOp, other: Bound, at: At): void {
  const name = nameOf(field);
  const constant = constantOf(other);
  const number = constant?.family === "number" ? constant.value : undefined;
  const advice = rangeAdvice(name, gridOf(field), number);
  checkMeasureControl(field, at);
  if (!ranges.has(op)) stop("QUERY_MEASURE_CONDITION", at, `the measure ${name} in an equality`, advice);
  const second = measureOf(other);
  if (second !== undefined) checkMeasureControl(second, at);
  // `sum(income * 0 + 23333)` per owner is a constant of any value: what has no grid is compared with nothing but stored columns.
  if (second !== undefined && ![field, second].some(isShaped)) return;
  if (isRounded(other, gridOf(field))) return;
  if (number === undefined) stop("QUERY_MEASURE_CONDITION", at, `the measure ${name} compared with ${describe(other)}`, advice);
  if (!onGrid(field, number)) {
    const instead = gridAdvice(name, gridOf(field), number);
    stop("QUERY_OFF_GRID", other.at ?? at, `a constant that is not on the grid of ${name}`, instead);
  }
}

const kindOfFamily: Readonly<Record<TypeFamily, string>> = {
  boolean: "boolean",
  integer: "number",
  decimal: "number",
  double: "number",
  text: "text",
  date: "temporal",
  timestamp: "temporal",
  other: "other",
};

/** How a constant of each kind is written. */
const kindAdvice: ReadonlyMap<string, string> = new Map([
  ["number", "Write the number without quotes: 1970."],
  ["text", "Write the constant as a text, in single quotes: '1'."],
  ["temporal", "Write a date: DATE '2026-01-31'; or compare a part of it: year(column) = 2026."],
  ["boolean", "Write true or false."],
]);

/** No protected value is cast to meet the other side: the cast could fail on it. */
function checkKinds(expr: Bound, family: TypeFamily, constant: Constant): void {
  const kind = kindOfFamily[family];
  if (constant.family === "null" || constant.family === kind) return;
  // The engine itself reads a quoted date as a date when it binds; only a real one cannot fail there.
  if (kind === "temporal" && constant.family === "text" && isDateText(constant.value)) return;
  if (kind === "temporal" && constant.family === "text") {
    refuse("QUERY_CONDITION_TYPES", expr, "a date compared with a text that is no date", "Write DATE 'yyyy-mm-dd'.");
  }
  refuse("QUERY_CONDITION_TYPES", expr, `a ${kind} value compared with a ${constant.family} constant`, kindAdvice.get(kind));
}

/** A free value of unknown kind: the engine would cast one side, and might cast the protected one. */
function isUnsure(expr: Bound, category: Category): boolean {
  return category.family === "other" && fieldsIn(expr).every((field) => field.kind === "free");
}

const flipped: Readonly<Record<CompareOp, CompareOp>> = {
  "=": "=",
  "<>": "<>",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
  distinct: "distinct",
  "not-distinct": "not-distinct",
};

/** Some columns are asked in whole values only. */
function checkWhole({ whole }: Category, { op, at }: CompareExpr<Field, SubqueryRef>): void {
  if (!whole || !ranges.has(op)) return;
  stop("QUERY_COLUMN_CONTROL", at, "a range of a column that is asked in whole values only", "Use =, <> or IN.");
}

function checkCompare(expr: CompareExpr<Field, SubqueryRef>): void {
  const { op, at } = expr;
  const [left, right] = constantOf(expr.left) === undefined ? [expr.left, expr.right] : [expr.right, expr.left];
  const constant = constantOf(right);
  if (constantOf(left) !== undefined) return;
  for (const [side, other] of [
    [left, right],
    [right, left],
  ] as const) {
    const measure = measureOf(side);
    if (measure !== undefined) {
      checkMeasure(measure, op, other, at);
      return;
    }
  }
  const category = mustBeLooseCategory(left, "QUERY_CONDITION");
  if (category.coarse !== undefined) {
    if (constant !== undefined) checkKinds(expr, category.family, constant);
    checkCoarseRange(category.coarse, left === expr.left ? op : flipped[op], constant, at);
    return;
  }
  checkWhole(category, expr);
  if (category.ranges && !ranges.has(op))
    stop("QUERY_CONDITION", at, "a difference of two dates in an equality", "Ask for a range of days.");
  if (constant !== undefined) {
    checkKinds(expr, category.family, constant);
    return;
  }
  if (isLongInteger(right) && category.family === "integer") return;
  const other = mustBeCategory(right, "QUERY_CONDITION");
  checkWhole(other, expr);
  if (kindOfFamily[other.family] !== kindOfFamily[category.family] || isUnsure(left, category) || isUnsure(right, other)) {
    stop(
      "QUERY_CONDITION_TYPES",
      at,
      `a ${kindOfFamily[category.family]} value compared with a ${kindOfFamily[other.family]} value`,
    );
  }
}

function checkIn(expr: Extract<Bound, { kind: "in" }>): void {
  const category = mustBeCategory(expr.arg, "QUERY_CONDITION");
  if (category.ranges) refuse("QUERY_CONDITION", expr, "a difference of two dates in a list", "Ask for a range of days.");
  for (const item of expr.list) {
    const constant = constantOf(item);
    if (isLongInteger(item) && category.family === "integer") continue;
    if (constant === undefined) refuse("QUERY_CONDITION", item, "a list element that is no constant");
    checkKinds(expr, category.family, constant);
  }
}

function checkIsNull(expr: Extract<Bound, { kind: "is-null" }>): void {
  const field = plainSubject(expr.arg);
  // Owner keys and measures may be tested for NULL; other identifiers are not in the enclave at all.
  if (field !== undefined && (field.subject !== undefined || field.column.role === "measure")) return;
  mustBeLooseCategory(expr.arg, "QUERY_CONDITION");
}

function checkSubquery({ form, query, at }: Extract<Bound, { kind: "subquery" }>): void {
  // Tied ones were judged where they were tied; whether free rows exist says nothing of protected ones.
  if (query.kind === "tied" || form.kind === "exists") return;
  const free: Bound = { kind: "subquery", form: { kind: "scalar" }, query, at };
  if (form.kind === "any") checkCompare({ kind: "compare", op: form.op, left: form.arg, right: free, at });
  else checkBoolean(free);
}

/** Holds a condition over protected rows to what conditions may ask (design §5); refuses, or returns nothing. */
export function checkCondition(expr: Bound): void {
  switch (expr.kind) {
    case "logic":
      for (const arg of expr.args) checkCondition(arg);
      return;
    case "not":
      checkCondition(expr.arg);
      return;
    case "compare":
      checkCompare(expr);
      return;
    case "in":
      checkIn(expr);
      return;
    case "is-null":
      checkIsNull(expr);
      return;
    case "call":
      if (!isPattern(expr)) break;
      checkPattern(expr, (arg) => mustBeLooseCategory(arg, "QUERY_CONDITION"));
      return;
    case "subquery":
      checkSubquery(expr);
      return;
    case "literal":
      if (expr.value.type === "boolean" || expr.value.type === "null") return;
      break;
    default:
      break;
  }
  const constant = constantOf(expr);
  if (constant !== undefined && (constant.family === "boolean" || constant.family === "null")) return;
  checkBoolean(expr);
}

function checkBoolean(expr: Bound): void {
  if (mustBeCategory(expr, "QUERY_CONDITION").family !== "boolean")
    refuse("QUERY_CONDITION", expr, "a value that is no condition");
}
