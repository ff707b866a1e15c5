import { gridAdvice } from "../advice/column-advice.ts";
import { stop } from "../refusal.ts";
import type { Category } from "../resolve/category.ts";
import { type Bound, plainSubject, refTo } from "../resolve/field.ts";
import { fieldsIn } from "../resolve/tied.ts";
import { isNumeric, typeFamily } from "../types.ts";
import { stopCoarse } from "./coarse.ts";
import { type Constant, constantOf } from "./constant.ts";
import { dateArithmetic } from "./date-category.ts";
import { keyOf } from "./label.ts";
import { type CategoryReader, type CategoryRule, made, makeCategory } from "./make-category.ts";
import { gridOf, isMeasure, nameOf, onGrid } from "./measure-grid.ts";
import { isMultiple, type Rational, rational, sameRational } from "./rational.ts";

export function numberConstant(expr: Bound | undefined): Extract<Constant, { family: "number" }> | undefined {
  const constant = constantOf(expr);
  return constant?.family === "number" ? constant : undefined;
}

/** Greatest constant in arithmetic on date parts: far from the overflow of any integer type. */
export const greatestStep = 10_000n;

const isSmallStep = (constant: ReturnType<typeof numberConstant>): boolean =>
  constant?.whole === true && constant.value.num >= 1n && constant.value.num <= greatestStep;

/** How many different columns stand in both. */
function columnsIn(exprs: readonly Bound[]): number {
  return new Set(exprs.flatMap(fieldsIn).map((field) => keyOf(refTo(field, undefined)))).size;
}

/** `+ - * %` of small numbers: what is computed of two columns is asked in ranges, as a difference of two dates is. */
function smallNumbers(fn: string, args: readonly Bound[], reader: CategoryReader): Category | undefined {
  if (fn === "%" && constantOf(args[1]) === undefined) return undefined;
  const parts = args.filter((arg) => !isSmallStep(numberConstant(arg))).map((arg) => reader.strict(arg));
  if (args.length !== 2 || parts.length === 0 || !parts.every((part) => part?.small === true)) return undefined;
  const ranges = parts.some((part) => part?.ranges) || columnsIn(args) > 1;
  return made(parts, { family: "integer", small: true, ranges });
}

/** `*` also turns a bucket's number into its lower edge, whichever side it stands on. */
function lowerEdge(args: readonly Bound[], reader: CategoryReader): Category | undefined {
  const [left, right] = args;
  const isEdge = (bucket: Bound | undefined, step: Bound | undefined): boolean => {
    const [width, times] = [bucketWidth(bucket), numberConstant(step)?.value];
    return width !== undefined && times !== undefined && sameRational(width, times);
  };
  if (isEdge(left, right)) return reader.strict(left);
  return isEdge(right, left) ? reader.strict(right) : undefined;
}

function arithmetic(fn: string): CategoryRule {
  return (args, reader) => {
    if (fn === "*") return lowerEdge(args, reader) ?? smallNumbers(fn, args, reader);
    return smallNumbers(fn, args, reader) ?? (fn === "%" ? undefined : dateArithmetic(args, fn, reader));
  };
}

/** The width of a bucket `floor(x / w)` or `x // w`. */
function bucketWidth(expr: Bound | undefined): Rational | undefined {
  if (expr?.kind !== "call") return undefined;
  if (expr.fn === "//") return numberConstant(expr.args[1])?.value;
  const [inner] = expr.args;
  return expr.fn === "floor" && inner?.kind === "call" && inner.fn === "/" ? numberConstant(inner.args[1])?.value : undefined;
}

/** A number cut into buckets. A width must lie on the column's grid: a finer or shifted one would isolate values. */
function bucketed(value: Bound, width: Rational, fn: string, reader: CategoryReader): Category | undefined {
  const field = plainSubject(value);
  if (field !== undefined && isMeasure(field)) {
    if (onGrid(field, width)) return makeCategory({});
    const name = nameOf(field);
    const instead = gridAdvice(name, gridOf(field), width);
    return stop("QUERY_OFF_GRID", value.at, `a bucket of ${name} whose width is not on its grid`, instead);
  }
  const category = reader.loose(value);
  if (category === undefined || !isNumeric(category.family)) return undefined;
  const { coarse } = category;
  if (coarse === undefined) return category;
  // `//` cuts towards zero: its bucket of −5 // 5 ends where the range below −5 begins, at another place than floor's.
  if (fn === "//" || coarse.view.kind !== "grid") return stopCoarse(coarse, value.at);
  if (isMultiple(width, rational(BigInt(coarse.view.grid)))) return category;
  return stop("QUERY_OFF_GRID", value.at, `a bucket of ${coarse.column} whose width is not on its grid`);
}

const floorBucket: CategoryRule = ([inner], reader) => {
  if (inner?.kind !== "call" || inner.fn !== "/") return undefined;
  const [value, divisor] = inner.args;
  const width = numberConstant(divisor)?.value;
  if (value === undefined || width === undefined || width.num <= 0n) return undefined;
  const category = bucketed(value, width, "floor", reader);
  return category === undefined ? undefined : made([category], { family: "double", ranges: false });
};

const wholeBucket: CategoryRule = ([value, width], reader) => {
  const constant = numberConstant(width);
  if (value === undefined || constant?.whole !== true || constant.value.num <= 0n) return undefined;
  const field = plainSubject(value);
  if (field !== undefined && typeFamily(field.column.type) !== "integer") return undefined;
  const category = bucketed(value, constant.value, "//", reader);
  return category === undefined ? undefined : made([category], { family: "integer", small: category.small, ranges: false });
};

/** Top and bottom coding: constants clamp what is already coarse. */
const clamp: CategoryRule = (args, reader) => {
  const rest = args.filter((arg) => numberConstant(arg) === undefined);
  const [only] = rest;
  const category = rest.length === 1 ? reader.strict(only) : undefined;
  return category !== undefined && isNumeric(category.family) ? made([category], { family: category.family }) : undefined;
};

/** How arithmetic and buckets keep numbers coarse. */
export const numberRules: readonly (readonly [string, CategoryRule])[] = [
  ...["+", "-", "*", "%"].map((name) => [name, arithmetic(name)] as const),
  ["floor", floorBucket],
  ["//", wholeBucket],
  ["least", clamp],
  ["greatest", clamp],
];
