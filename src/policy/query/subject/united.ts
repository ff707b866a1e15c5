import { classesOf } from "../controls.ts";
import { stop } from "../refusal.ts";
import type { Category } from "../resolve/category.ts";
import { type Bound, plainSubject, type SubjectField, type TotalPart } from "../resolve/field.ts";
import { call, isNull, literalNull, logic, numberLiteral } from "../tree/make.ts";
import { isNumeric } from "../types.ts";
import { basesOf } from "./bases.ts";
import { categoryOf, gridOf, isMeasure, mergedCategory, onGrid } from "./category.ts";
import { checkCondition, describe } from "./condition.ts";
import { constantOf } from "./constant.ts";
import { isNullLiteral, isStored, measureSpec, typeOfFamily, type UnitedBook } from "./derive.ts";
import { checkDomain, domainOf } from "./domain.ts";
import { keyOf, labelOf } from "./label.ts";
import { isDateNumber, linearBranches } from "./measure.ts";
import { isMultiple, isZero, parseRational } from "./rational.ts";

/** One of the SELECTs that UNION ALL puts together, as far as their columns need it. */
export interface UnitedSide {
  /** Conditions that hold for all of its rows. */
  readonly given: readonly Bound[];
  /** Whether anything but the owner chooses them. */
  readonly chosen: boolean;
}

interface Place {
  readonly exprs: readonly Bound[];
  readonly sides: readonly UnitedSide[];
  readonly book: UnitedBook;
  readonly label: string;
}

function measureOf(expr: Bound): SubjectField | undefined {
  const field = plainSubject(expr);
  return field !== undefined && isMeasure(field) ? field : undefined;
}

function lenientCast(arg: Bound, type: string): Bound {
  return Object.freeze<Bound>({ kind: "cast", arg, type, lenient: true, at: arg.at });
}

/** Every SELECT gives the column in one type; a cast that does not fit gives NULL, as everywhere over protected rows. */
function inType(exprs: readonly Bound[], type: string): readonly Bound[] {
  return exprs.map((expr) => (isNullLiteral(expr) || plainSubject(expr)?.column.type === type ? expr : lenientCast(expr, type)));
}

function commonType(types: readonly string[]): string {
  const [first = "DOUBLE", ...others] = new Set(types);
  return others.length === 0 ? first : "DOUBLE";
}

/** The grid on which every constant of both lies: the coarser one, where it is a multiple of the other. */
function commonGrid(fields: readonly SubjectField[]): number | undefined {
  const grids = fields.map(gridOf);
  return grids.reduce((a, b) => {
    if (a === undefined || b === undefined) return undefined;
    const [x, y] = [parseRational(String(a)), parseRational(String(b))];
    if (x === undefined || y === undefined || isZero(x) || isZero(y)) return undefined;
    return isMultiple(x, y) ? a : isMultiple(y, x) ? b : undefined;
  });
}

/** How sums over owners take the column: whole, as a part for each SELECT, or not at all. */
function sumsOf(place: Place): "itself" | "never" | readonly TotalPart[] {
  const given = place.exprs.filter((expr) => !isNullLiteral(expr));
  const kinds = given.map((expr) => plainSubject(expr)?.derived?.sums ?? (measureOf(expr) === undefined ? "parts" : "itself"));
  if (kinds.every((kind) => kind === "itself")) return "itself";
  return kinds.includes("never") ? "never" : place.exprs.flatMap((_expr, side) => partsOf(place, side));
}

/** What one SELECT adds to the sum, in columns that are NULL in the rows of the others: constants and conditions stand outside. */
function partsOf({ exprs, sides, book, label }: Place, side: number): readonly TotalPart[] {
  const [expr = literalNull, given = []] = [exprs[side], sides[side]?.given];
  return linearBranches(expr).flatMap(({ guards, present, terms }) =>
    terms
      .filter(({ coefficient }) => !isZero(coefficient))
      .map(({ coefficient, factors }) => {
        const own = new Set(factors.map(keyOf));
        const conditions = [...guards, ...present.filter((one) => !own.has(keyOf(one))).map((one) => isNull(one, true))];
        for (const condition of conditions) checkCondition(condition);
        for (const factor of factors) checkDomain(factor, [...given, ...conditions]);
        const { value, type } = factorOf(factors);
        const part = conditions.length === 0 ? value : whereAll(conditions, value);
        const spec = { ...measureSpec(label, type, undefined), bases: basesOf(factors), sums: "itself" } as const;
        const field = book.add(
          exprs.map((_expr, i) => (i === side ? part : literalNull)),
          spec,
        );
        return { coefficient, field };
      }),
  );
}

function factorOf(factors: readonly Bound[]): { readonly value: Bound; readonly type: string } {
  const [first, ...others] = factors;
  if (first === undefined) return { value: lenientCast(numberLiteral("1", "integer"), "BIGINT"), type: "BIGINT" };
  const field = plainSubject(first);
  if (field !== undefined && others.length === 0) return { value: first, type: field.column.type };
  if (others.length === 0 && domainOf(first) === undefined) return { value: lenientCast(first, "BIGINT"), type: "BIGINT" };
  const double = factors.map((factor) => lenientCast(factor, "DOUBLE"));
  return { value: double.reduce((a, b) => call("*", a, b)), type: "DOUBLE" };
}

function whereAll(conditions: readonly Bound[], result: Bound): Bound {
  const branches = [{ when: logic("and", conditions), result }];
  return Object.freeze<Bound>({ kind: "case", branches, otherwise: literalNull, at: result.at });
}

/** Plain measures in every SELECT, or NULL. */
function ofMeasures(place: Place, fields: readonly SubjectField[]): Bound {
  const { exprs, sides, book, label } = place;
  const type = commonType(fields.map((field) => field.column.type));
  const isAsked = fields.every((field) => classesOf(field.column).includes("range"));
  const spec = { ...measureSpec(label, type, commonGrid(fields)), conditions: isAsked ? undefined : [] };
  const plain = fields.every((field) => field.derived?.plain !== false) && sides.every((side) => !side.chosen);
  const stored = exprs.every((expr) => isNullLiteral(expr) || isStored(expr));
  const bases = [...new Set(fields.flatMap((field) => basesOf([ref(field)])))];
  return ref(book.add(inType(exprs, type), { ...spec, sums: sumsOf(place), bases, plain, stored }));
}

const ref = (field: SubjectField): Bound => Object.freeze<Bound>({ kind: "ref", ref: field, at: undefined });

/** Categories of one kind, and constants. */
function ofCategories(place: Place, category: Category): Bound {
  const { exprs, book, label } = place;
  const isCounted = (expr: Bound): boolean =>
    isNullLiteral(expr) || isNumber(expr) || isDateNumber(expr) || plainSubject(expr)?.derived?.sums !== undefined;
  const sums = isNumeric(category.family) && exprs.every(isCounted) ? sumsOf(place) : "never";
  const isWhole = exprs.every((expr) => !isNumber(expr) || isWholeNumber(expr));
  const type = category.family === "integer" && !isWhole ? "DOUBLE" : typeOfFamily[category.family];
  const bases = [...new Set(exprs.flatMap((expr) => basesOf([expr])))];
  const stored = exprs.every((expr) => isNullLiteral(expr) || isStored(expr));
  return ref(
    book.add(inType(exprs, type), {
      label,
      bases,
      category,
      sums,
      plain: false,
      stored,
      type,
      role: "attribute",
      grid: undefined,
    }),
  );
}

const isNumber = (expr: Bound): boolean => constantOf(expr)?.family === "number";

function isWholeNumber(expr: Bound): boolean {
  const constant = constantOf(expr);
  return constant?.family === "number" && constant.whole;
}

/** Measures, constants and what is computed of them: sums take them apart, conditions ask them on the measures' grid. */
function ofNumbers(place: Place): Bound {
  const { exprs, book, label } = place;
  for (const expr of exprs) checkNumber(expr, exprs);
  const sums = sumsOf(place);
  const fields = exprs.flatMap((expr) => measureOf(expr) ?? []);
  const others = exprs.filter((expr) => !isNullLiteral(expr) && measureOf(expr) === undefined);
  // A constant off the grid would let conditions ask measures for it.
  const [first] = fields;
  const common = first === undefined ? undefined : { ...first, column: { ...first.column, grid: commonGrid(fields) } };
  const onCommon = others.every((expr) => {
    const constant = constantOf(expr);
    return common !== undefined && constant?.family === "number" && onGrid(common, constant.value);
  });
  const spec = measureSpec(label, "DOUBLE", onCommon ? common?.column.grid : undefined);
  const bases = [...new Set(exprs.flatMap((expr) => basesOf([expr])))];
  return ref(book.add(inType(exprs, "DOUBLE"), { ...spec, sums, bases }));
}

function checkNumber(expr: Bound, all: readonly Bound[]): void {
  const constant = constantOf(expr);
  const category = constant === undefined ? categoryOf(expr, checkCondition) : undefined;
  const isText = category !== undefined && !isNumeric(category.family);
  if (isText || (constant !== undefined && constant.family !== "number" && constant.family !== "null")) mixed(all);
}

function mixed(all: readonly Bound[]): never {
  return stop(
    "QUERY_CONDITION_TYPES",
    all[0]?.at,
    `a column that is ${all.map(describe).join(" in one SELECT, ")} in another, of different kinds`,
    "Give every SELECT of a UNION the same kind of column in each place.",
  );
}

/** What one column of rows that UNION ALL puts together may be used for: no more than in any of them. */
export function unitedColumn(exprs: readonly Bound[], sides: readonly UnitedSide[], book: UnitedBook): Bound {
  const given = exprs.filter((expr) => !isNullLiteral(expr));
  const [first] = given;
  if (first === undefined) return literalNull;
  const same = given.length === exprs.length && new Set(given.map(keyOf)).size === 1;
  if (same && constantOf(first) !== undefined) return first;
  const place: Place = { exprs, sides, book, label: [...new Set(given.map(labelOf))].join(" or ") };
  const fields = given.map(measureOf);
  if (fields.every((field) => field !== undefined)) return ofMeasures(place, fields);
  const category = fields.some((field) => field !== undefined) ? undefined : mergedCategory(given, checkCondition);
  if (category === "mixed") return mixed(given);
  return category === undefined ? ofNumbers(place) : ofCategories(place, category);
}
