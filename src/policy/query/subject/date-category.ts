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

/** What is made of a date of which no more is told than the part it has of that unit. */
function told(
  unit: Unit | undefined,
  arg: Bound | undefined,
  reader: CategoryReader,
  change: (date: Category) => Partial<Category>,
): Category | undefined {
  const category = unit === undefined ? undefined : reader.loose(arg);
  if (unit === undefined || category === undefined || !isTemporal(category.family)) return undefined;
  const { coarse } = category;
  const isTold = coarse === undefined || (coarse.view.kind === "step" && isWholeSteps(coarse.view.step, unit));
  return isTold ? made([category], change(category)) : stopCoarse(coarse, arg?.at);
}

const asNumber = (): Partial<Category> => ({ family: "integer", small: true });

const partOf =
  (unit: Unit | undefined): CategoryRule =>
  ([arg], reader) =>
    told(unit, arg, reader, asNumber);

const named: CategoryRule = ([name, arg], reader) => told(parts.get(textConstant(name) ?? ""), arg, reader, asNumber);

const truncation: CategoryRule = ([name, arg], reader) =>
  told(units.get(textConstant(name) ?? ""), arg, reader, ({ family }) => ({ family }));

/** The name of a month or of a day of the week. */
const nameOf =
  (unit: Unit): CategoryRule =>
  ([arg], reader) =>
    told(unit, arg, reader, () => ({ family: "text" }));

const isConstantDate = (expr: Bound | undefined): boolean => constantOf(expr)?.family === "temporal";

/**
 * Steps of the calendar between a date and a constant day, and between two dates of a row, there only in ranges. `steps`: they
 * are counted from where the calendar's steps begin, not from the day itself, which a column with a step does not tell.
 */
function difference(steps: boolean): CategoryRule {
  return ([name, ...ends], reader) => {
    const unit = units.get(textConstant(name) ?? "");
    if (unit === undefined || unit === "hour") return undefined;
    const [date, ...others] = ends.filter((end) => !isConstantDate(end));
    // The engine counts weeks in sevens of days from the constant, wherever the calendar's begin.
    if (steps && unit !== "week" && others.length === 0) return told(unit, date, reader, asNumber);
    const dates = [date, ...others].map((end) => reader.strict(end));
    return dates.every(isDate) ? made(dates, { ...asNumber(), ranges: others.length > 0 }) : undefined;
  };
}

/** Days between two dates, or a date moved by a constant interval: asked in ranges. */
export function dateArithmetic(args: readonly Bound[], fn: string, reader: CategoryReader): Category | undefined {
  const [left, right] = args;
  const shift = constantOf(right)?.family === "interval";
  const ends = shift ? [left] : args.filter((end) => !isConstantDate(end));
  const dates = ends.map((end) => reader.strict(end));
  if (dates.length === 0 || !dates.every(isDate)) return undefined;
  if (shift) return made(dates, { family: "timestamp", ranges: true });
  const isDays = fn === "-" && args.length === 2 && dates.every((date) => date?.family === "date");
  return isDays ? made(dates, { ...asNumber(), ranges: dates.length > 1 }) : undefined;
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

/** Parts of a date that are numbers. */
export const partFunctions: readonly string[] = [
  ...["year", "quarter", "month", "week", "day", "dayofmonth", "dayofweek", "dayofyear", "isodow", "hour"],
  ...["weekday", "weekofyear", "yearweek", "isoyear", "decade", "century"],
];

/** How each function of a date keeps it coarse. */
export const dateRules: readonly (readonly [string, CategoryRule])[] = [
  ...partFunctions.map((name) => [name, partOf(parts.get(name))] as const),
  ["date_part", named],
  ["datepart", named],
  ["date_trunc", truncation],
  ["datetrunc", truncation],
  ["date_diff", difference(true)],
  ["datediff", difference(true)],
  ["date_sub", difference(false)],
  ["datesub", difference(false)],
  ["monthname", nameOf("month")],
  ["dayname", nameOf("day")],
  ["strftime", formatted],
];
