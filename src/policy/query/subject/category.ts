import { stop } from "../refusal.ts";
import type { Category } from "../resolve/category.ts";
import { type Bound, plainSubject, type SubjectField } from "../resolve/field.ts";
import { isNumeric, type TypeFamily, typeFamily } from "../types.ts";
import { type Constant, constantOf } from "./constant.ts";
import { isMultiple, parseRational, type Rational, sameRational } from "./rational.ts";

/** Judges a condition inside a category (CASE, boolean keys); given by `condition.ts`, which builds on this file. */
export type JudgeCondition = (condition: Bound) => void;
type Args = readonly Bound[];
type CategoryRule = (args: Args, judge: JudgeCondition) => Category | undefined;

const plain: Category = Object.freeze({ family: "other", small: false, patterns: "none", ranges: false });
const make = (change: Partial<Category>): Category => Object.freeze({ ...plain, ...change });
const smallNumber = make({ family: "integer", small: true });

/** Refuses what no expression over protected rows may hold, whatever stands around it. */
export function checkUsable(field: SubjectField, at: number | undefined): void {
  if (field.subject !== undefined || field.column.role === "identifier") {
    stop("QUERY_IDENTIFIER_USE", at, `the identifier ${field.column.name} in an expression`);
  }
  if (field.column.role === "free-text") stop("QUERY_FREE_TEXT_USE", at, `the free text ${field.column.name}`);
}

function ofColumn(field: SubjectField, at: number | undefined): Category | undefined {
  checkUsable(field, at);
  if (field.derived !== undefined) return field.derived.category;
  if (field.column.role === "measure") return undefined;
  const family = typeFamily(field.column.type);
  return make({ family, patterns: family !== "text" ? "none" : field.column.role === "attribute" ? "any" : "prefix" });
}

const isTemporal = (family: string): boolean => family === "date" || family === "timestamp";

/** Units of whole days and coarser (and hours of time stamps). */
const dateParts: ReadonlySet<string> = new Set(["year", "quarter", "month", "week", "day", "decade", "century", "hour"]);
const extraParts: ReadonlySet<string> = new Set([
  "dow",
  "isodow",
  "doy",
  "dayofweek",
  "dayofyear",
  "dayofmonth",
  "isoyear",
  "yearweek",
]);

function textConstant(expr: Bound | undefined): string | undefined {
  const constant = constantOf(expr);
  return constant?.family === "text" ? constant.value : undefined;
}

function temporalCategory(expr: Bound | undefined, judge: JudgeCondition): Category | undefined {
  const category = categoryOf(expr, judge);
  return category !== undefined && isTemporal(category.family) ? category : undefined;
}

function datePart(arg: Bound | undefined, judge: JudgeCondition): Category | undefined {
  return temporalCategory(arg, judge) === undefined ? undefined : smallNumber;
}

const part: CategoryRule = ([arg], judge) => datePart(arg, judge);

const namedPart: CategoryRule = ([name, arg], judge) => {
  const unit = textConstant(name);
  return unit !== undefined && (dateParts.has(unit) || extraParts.has(unit)) ? datePart(arg, judge) : undefined;
};

const truncation: CategoryRule = ([name, arg], judge) => {
  const unit = textConstant(name);
  return unit !== undefined && dateParts.has(unit) ? temporalCategory(arg, judge) : undefined;
};

const difference: CategoryRule = ([name, from, to], judge) => {
  const unit = textConstant(name);
  if (unit === undefined || !dateParts.has(unit) || unit === "hour") return undefined;
  const ends = [from, to].map((end) => (constantOf(end)?.family === "temporal" ? "constant" : temporalCategory(end, judge)));
  if (ends.includes(undefined)) return undefined;
  return make({ family: "integer", small: true, ranges: !ends.includes("constant") });
};

const textFunction: CategoryRule = ([arg, ...limits], judge) => {
  const category = categoryOf(arg, judge);
  const bounded = limits.every((limit) => {
    const constant = constantOf(limit);
    return constant?.family === "number" && constant.whole && constant.value.num >= 0n && constant.value.num <= 1000n;
  });
  return category?.family === "text" && bounded ? make({ family: "text", patterns: category.patterns }) : undefined;
};

function numberConstant(expr: Bound | undefined): Extract<Constant, { family: "number" }> | undefined {
  const constant = constantOf(expr);
  return constant?.family === "number" ? constant : undefined;
}

/** Greatest constant in arithmetic on date parts: far from the overflow of any integer type. */
const greatestStep = 10_000n;

/** `+ - * %` of a small number and a whole constant; `*` also turns a bucket's number into its lower edge. */
function arithmetic(fn: string): CategoryRule {
  return ([left, right], judge) => {
    const step = numberConstant(right);
    if (left === undefined || step === undefined || step.value.num < 1n) return undefined;
    if (fn === "*") {
      const width = bucketWidth(left);
      if (width !== undefined && sameRational(width, step.value)) return categoryOf(left, judge);
    }
    const category = categoryOf(left, judge);
    return category?.small === true && step.whole && step.value.num <= greatestStep
      ? make({ ...smallNumber, ranges: category.ranges })
      : undefined;
  };
}

/** The width of a bucket `floor(x / w)` or `x // w`. */
function bucketWidth(expr: Bound): Rational | undefined {
  if (expr.kind !== "call") return undefined;
  if (expr.fn === "//") return numberConstant(expr.args[1])?.value;
  const [inner] = expr.args;
  return expr.fn === "floor" && inner?.kind === "call" && inner.fn === "/" ? numberConstant(inner.args[1])?.value : undefined;
}

/** A number cut into buckets. A measure's width must lie on its grid: a finer or shifted one would isolate values. */
function bucket(value: Bound | undefined, width: Constant | undefined, judge: JudgeCondition): boolean {
  if (value === undefined || width?.family !== "number" || width.value.num <= 0n) return false;
  const field = plainSubject(value);
  if (field === undefined || !isMeasure(field)) {
    const category = categoryOf(value, judge);
    return category !== undefined && isNumeric(category.family);
  }
  if (!onGrid(field, width.value)) {
    stop("QUERY_OFF_GRID", value.at, `a bucket of ${field.column.name} whose width is not on its grid`, gridHint(field));
  }
  return true;
}

const floorBucket: CategoryRule = ([inner], judge) => {
  if (inner?.kind !== "call" || inner.fn !== "/") return undefined;
  const [value, width] = inner.args;
  return bucket(value, constantOf(width), judge) ? make({ family: "double" }) : undefined;
};

const wholeBucket: CategoryRule = ([value, width], judge) => {
  const constant = numberConstant(width);
  if (value === undefined || constant?.whole !== true) return undefined;
  const field = plainSubject(value);
  if (field !== undefined && typeFamily(field.column.type) !== "integer") return undefined;
  return bucket(value, constant, judge)
    ? make({ family: "integer", small: categoryOrMeasure(value, judge)?.small ?? false })
    : undefined;
};

function categoryOrMeasure(value: Bound, judge: JudgeCondition): Category | undefined {
  return plainSubject(value)?.column.role === "measure" ? undefined : categoryOf(value, judge);
}

/** Top and bottom coding: constants clamp what is already coarse. */
const clamp: CategoryRule = (args, judge) => {
  const rest = args.filter((arg) => constantOf(arg)?.family !== "number");
  const [only] = rest;
  const category = rest.length === 1 ? categoryOf(only, judge) : undefined;
  return category !== undefined && isNumeric(category.family)
    ? make({ family: category.family, ranges: category.ranges })
    : undefined;
};

/** Results that may stand beside each other: categories of one family, and constants. */
function merge(parts: Args, judge: JudgeCondition): Category | undefined {
  const constants = parts.map(constantOf);
  const rest = parts.filter((_part, i) => constants[i] === undefined).map((expr) => categoryOf(expr, judge));
  const families = new Set([...rest.map((category) => category?.family), ...constants.flatMap(constantFamily)]);
  const [family] = families;
  const ranges = rest.some((category) => category?.ranges);
  return families.size === 1 && family !== undefined ? make({ family, ranges }) : undefined;
}

const patternsFrom: readonly Category["patterns"][] = ["none", "prefix", "any"];

/**
 * What a column is that is one thing in some rows and another in others: as fine as the coarsest of them. `mixed`: of
 * kinds that cannot stand in one column. Undefined where one is no category at all.
 */
export function mergedCategory(parts: Args, judge: JudgeCondition): Category | "mixed" | undefined {
  const rest = parts.filter((part) => constantOf(part) === undefined).map((expr) => categoryOf(expr, judge));
  const constants = parts.flatMap((part) => constantOf(part) ?? []);
  const known = rest.filter((category) => category !== undefined);
  if (known.length < rest.length) return undefined;
  const families = new Set([...known.map(({ family }) => family), ...constants.flatMap(constantFamily)]);
  const [first, ...others] = families;
  const family = others.length > 0 && [...families].every(isNumeric) ? "double" : first;
  if (family === undefined || family === "other" || (others.length > 0 && family !== "double")) return "mixed";
  const small = known.every((category) => category.small) && constants.every(isSmall);
  const [patterns = "none"] = patternsFrom.filter((pattern) => known.some((category) => category.patterns === pattern));
  return make({ family, small, patterns, ranges: known.some((category) => category.ranges) });
}

function isSmall(constant: Constant): boolean {
  return constant.family === "number" && constant.whole && constant.value.num ** 2n <= greatestStep ** 2n;
}

const literalFamilies: Readonly<Record<Constant["family"], readonly TypeFamily[]>> = {
  null: [],
  boolean: ["boolean"],
  temporal: ["date"],
  interval: ["other"],
  text: ["text"],
  number: ["integer"],
};

function constantFamily(constant: Constant | undefined): readonly TypeFamily[] {
  return constant === undefined ? [] : literalFamilies[constant.family];
}

const merged: CategoryRule = (args, judge) => merge(args, judge);

/** How each function that may touch protected values keeps them coarse. */
const rules: ReadonlyMap<string, CategoryRule> = new Map<string, CategoryRule>([
  ...["year", "quarter", "month", "week", "day", "dayofmonth", "dayofweek", "dayofyear", "isodow", "hour"].map(
    (name) => [name, part] as const,
  ),
  ["date_part", namedPart],
  ["date_trunc", truncation],
  ["date_diff", difference],
  ["datediff", difference],
  ...["upper", "lower", "trim", "left", "right", "substring", "substr"].map((name) => [name, textFunction] as const),
  ...["+", "-", "*", "%"].map((name) => [name, arithmetic(name)] as const),
  ["floor", floorBucket],
  ["//", wholeBucket],
  ["least", clamp],
  ["greatest", clamp],
  ["coalesce", merged],
  ["nullif", merged],
]);

/** Casts of categories that lose nothing and cannot fail (releases use the lenient cast throughout). */
function ofCast(arg: Bound, type: string, judge: JudgeCondition): Category | undefined {
  const category = categoryOf(arg, judge);
  if (category === undefined) return undefined;
  const target = typeFamily(type);
  if (target === "text") return make({ family: "text", ranges: category.ranges });
  if (isTemporal(category.family) && isTemporal(target)) return make({ family: target });
  if (isNumeric(category.family) && isNumeric(target)) return make({ ...category, family: target });
  if (category.family === target) return category;
  return stop("QUERY_FALLIBLE", arg.at, `a cast to ${type} that could fail on a protected value`);
}

/** Whether a row exists, whether a value is among free ones, or one free value. */
function ofSubquery(expr: Extract<Bound, { kind: "subquery" }>, judge: JudgeCondition): Category | undefined {
  const { form, query } = expr;
  if (form.kind === "scalar" && query.kind === "free") return make({ family: query.beside?.family ?? "other" });
  judge(expr);
  return make({ family: "boolean" });
}

/**
 * The category that an expression over protected rows is, or undefined, as for an absent argument; identifiers
 * and free text are refused on sight.
 */
export function categoryOf(expr: Bound | undefined, judge: JudgeCondition): Category | undefined {
  switch (expr?.kind) {
    case "ref":
      return expr.ref.kind === "subject" ? ofColumn(expr.ref, expr.at) : make({ family: expr.ref.family ?? "other" });
    case "call":
      return rules.get(expr.fn)?.(expr.args, judge);
    case "case":
      for (const branch of expr.branches) judge(branch.when);
      return merge([...expr.branches.map((branch) => branch.result), expr.otherwise], judge);
    case "cast":
      return ofCast(expr.arg, expr.type, judge);
    case "compare":
    case "logic":
    case "not":
    case "is-null":
    case "in":
      judge(expr);
      return make({ family: "boolean" });
    case "subquery":
      return ofSubquery(expr, judge);
    case "literal":
    case "aggregate":
    case "window":
    case "lambda":
    case undefined:
      return undefined;
  }
}

/** A stored number that only aggregates, ranges and buckets may look at. */
export function isMeasure(field: SubjectField): boolean {
  return field.column.role === "measure" && field.subject === undefined && isNumeric(typeFamily(field.column.type));
}

/** Whether a constant lies on a measure's declared grid; a measure without a grid has no such constant. */
export function onGrid(field: SubjectField, value: Rational): boolean {
  const grid = field.column.grid === undefined ? undefined : parseRational(String(field.column.grid));
  return grid !== undefined && grid.num > 0n && isMultiple(value, grid);
}

export function gridHint(field: SubjectField): string {
  const { name, grid } = field.column;
  return grid === undefined
    ? `${name} has no declared grid: use it inside sum() and avg() only.`
    : `Use multiples of ${grid} for ${name}.`;
}
