import { type DateStep, isWholeSteps } from "../controls.ts";
import type { Category } from "../resolve/category.ts";
import type { Bound } from "../resolve/field.ts";
import { isTemporal } from "../types.ts";
import { stopCoarse } from "./coarse.ts";
import { constantOf } from "./constant.ts";
import { type CategoryReader, type CategoryRule, made } from "./make-category.ts";

/** The step of the calendar that each part of a date is told by. */
type Unit = DateStep | "hour";

/** Units of whole days and coarser (and hours of time stamps). */
const units: ReadonlyMap<string, Unit> = new Map([
  ...(["year", "quarter", "month", "week", "day", "hour"] as const).map((unit) => [unit, unit] as const),
  ["decade", "year"],
  ["century", "year"],
]);

const parts: ReadonlyMap<string, Unit> = new Map([
  ...units,
  ...(["dow", "isodow", "doy", "dayofweek", "dayofyear", "dayofmonth", "weekday"] as const).map((name) => [name, "day"] as const),
  ...(["isoyear", "yearweek", "weekofyear"] as const).map((name) => [name, "week"] as const),
]);

const isDate = (category: Category | undefined): boolean => category !== undefined && isTemporal(category.family);

function textConstant(expr: Bound | undefined): string | undefined {
  const constant = constantOf(expr);
  return constant?.family === "text" ? constant.value : undefined;
}

/** A date of which no more is told than the part it has of that unit. */
function dateIn(unit: Unit, arg: Bound | undefined, reader: CategoryReader): Category | undefined {
  const category = reader.loose(arg);
  if (!isDate(category)) return undefined;
  const { coarse } = category ?? {};
  const isTold = coarse === undefined || (coarse.view.kind === "step" && isWholeSteps(coarse.view.step, unit));
  return isTold ? category : stopCoarse(coarse, arg?.at);
}

function partOf(unit: Unit | undefined, arg: Bound | undefined, reader: CategoryReader): Category | undefined {
  const date = unit === undefined ? undefined : dateIn(unit, arg, reader);
  return date === undefined ? undefined : made([date], { family: "integer", small: true });
}

const named: CategoryRule = ([name, arg], reader) => partOf(parts.get(textConstant(name) ?? ""), arg, reader);

const truncation: CategoryRule = ([name, arg], reader) => {
  const unit = units.get(textConstant(name) ?? "");
  const date = unit === undefined ? undefined : dateIn(unit, arg, reader);
  return date === undefined ? undefined : made([date], { family: date.family });
};

/** The name of a month or of a day of the week. */
function nameOf(unit: Unit): CategoryRule {
  return ([arg], reader) => {
    const date = dateIn(unit, arg, reader);
    return date === undefined ? undefined : made([date], { family: "text" });
  };
}

const isConstantDate = (expr: Bound | undefined): boolean => constantOf(expr)?.family === "temporal";

/** Steps of the calendar between a date and a constant day; between two dates of a row only in ranges. */
const difference: CategoryRule = ([name, ...ends], reader) => {
  const unit = units.get(textConstant(name) ?? "");
  if (unit === undefined || unit === "hour") return undefined;
  const dates = ends.filter((end) => !isConstantDate(end));
  const categories = dates.map((end) => (dates.length === 1 ? dateIn(unit, end, reader) : dayOf(end, reader)));
  if (categories.length === 0 || !categories.every(isDate)) return undefined;
  return made(categories, { family: "integer", small: true, ranges: dates.length > 1 });
};

function dayOf(arg: Bound, reader: CategoryReader): Category | undefined {
  const category = reader.strict(arg);
  return isDate(category) ? category : undefined;
}

/** Whole units that have passed: from another day than the first, so a column with a step has none. */
const elapsed: CategoryRule = ([name, ...ends], reader) => {
  const unit = units.get(textConstant(name) ?? "");
  const dates = ends.filter((end) => !isConstantDate(end));
  const categories = dates.map((end) => dayOf(end, reader));
  if (unit === undefined || unit === "hour" || categories.length === 0 || categories.includes(undefined)) return undefined;
  return made(categories, { family: "integer", small: true, ranges: dates.length > 1 });
};

/** Days between two dates, or a date moved by a constant interval: asked in ranges. */
export function dateArithmetic([left, right]: readonly Bound[], fn: string, reader: CategoryReader): Category | undefined {
  const shift = constantOf(right)?.family === "interval";
  const ends = [left, right].filter((end) => !isConstantDate(end) && constantOf(end)?.family !== "interval");
  const dates = ends.map((end) => reader.strict(end));
  const [first] = dates;
  if (shift) return isDate(first) ? made(dates, { family: "timestamp", ranges: true }) : undefined;
  if (fn !== "-" || right === undefined || first === undefined || !dates.every((date) => date?.family === "date"))
    return undefined;
  return made(dates, { family: "integer", small: true, ranges: dates.length > 1 });
}

/** A month as text, a year and its week …: a constant form of parts that are whole days or coarser. */
const dayFormat = /^(?:%[YymBbdjaAuwUVGHMSFT%]|[^%])*$/;

const formatted: CategoryRule = ([left, right], reader) => {
  const [format, arg] = textConstant(left) === undefined ? [right, left] : [left, right];
  const date = reader.strict(arg);
  const text = textConstant(format);
  return isDate(date) && text !== undefined && text.length <= 100 && dayFormat.test(text)
    ? made([date], { family: "text" })
    : undefined;
};

const functions = ["year", "quarter", "month", "week", "day", "dayofmonth", "dayofweek", "dayofyear", "isodow", "hour"];

/** How each function of a date keeps it coarse. */
export const dateRules: readonly (readonly [string, CategoryRule])[] = [
  ...[...functions, "weekday", "weekofyear", "yearweek", "isoyear", "decade", "century"].map(
    (name) => [name, ([arg], reader) => partOf(parts.get(name), arg, reader)] as const satisfies readonly [string, CategoryRule],
  ),
  ["date_part", named],
  ["datepart", named],
  ["date_trunc", truncation],
  ["datetrunc", truncation],
  ["date_diff", difference],
  ["datediff", difference],
  ["date_sub", elapsed],
  ["datesub", elapsed],
  ["monthname", nameOf("month")],
  ["dayname", nameOf("day")],
  ["strftime", formatted],
];
