import type { Bound } from "../resolve/field.ts";
import type { LiteralValue } from "../tree/expression.ts";
import { add, multiply, negate, parseRational, type Rational } from "./rational.ts";

/**
 * A value that the statement carries itself. Only forms that cannot fail when they run: `1 / 0` or a bad
 * cast beside a condition would fail exactly when a protected row reaches it.
 */
export type Constant =
  | { readonly family: "null" | "boolean" | "interval" }
  /** `text`: as it is written, where no arithmetic made it. */
  | { readonly family: "temporal"; readonly text?: string | undefined }
  | { readonly family: "text"; readonly value: string }
  | { readonly family: "number"; readonly value: Rational; readonly whole: boolean };

const dateForm = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2}))?)?$/;
const intervalForm = /^\d{1,4} (?:year|quarter|month|week|day|hour)s?$/i;
const intervalMakers: ReadonlySet<string> = new Set(["to_years", "to_months", "to_weeks", "to_days"]);
/** Years, months, … that an interval may span: a date of four digits plus this stays a date. */
const greatestInterval = 10_000;

/** Days that a date of four digits may move and stay a date. */
const greatestDays = 3_650_000n;

/** A calendar date of four-digit year, perhaps with a time of day. */
export function isDateText(text: string): boolean {
  const match = dateForm.exec(text);
  if (match === null) return false;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map((part: string | undefined) => Number(part ?? 0));
  const date = new Date(Date.UTC(2000, 0, 1));
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
}

function ofLiteral(value: LiteralValue): Constant | undefined {
  switch (value.type) {
    case "null":
      return { family: "null" };
    case "boolean":
      return { family: "boolean" };
    case "text":
      return { family: "text", value: value.value };
    case "number": {
      // Beside longer numbers the engine would cast the protected side, which could fail on it.
      if (value.form !== "double" && !Number.isSafeInteger(Number(value.text.replace(".", "")))) return undefined;
      const number = parseRational(value.text);
      return number === undefined ? undefined : { family: "number", value: number, whole: value.form === "integer" };
    }
  }
}

const greatestLong = 2n ** 63n;

/** A whole number of 64 bits that is too long for other constants: beside whole numbers the engine widens and cannot fail. */
export function isLongInteger(expr: Bound): boolean {
  if (expr.kind === "call" && expr.fn === "-" && expr.args.length === 1) return expr.args.every(isLongInteger);
  if (expr.kind !== "literal" || expr.value.type !== "number" || expr.value.form !== "integer") return false;
  return constantOf(expr) === undefined && BigInt(expr.value.text) < greatestLong;
}

function ofCast(arg: Bound, type: string): Constant | undefined {
  const inner = constantOf(arg);
  if (inner?.family === "text") {
    if ((type === "DATE" || type === "TIMESTAMP") && isDateText(inner.value)) return { family: "temporal", text: inner.value };
    if (type === "INTERVAL" && intervalForm.test(inner.value)) return { family: "interval" };
    if (type === "BOOLEAN" && ["t", "f", "true", "false"].includes(inner.value)) return { family: "boolean" };
    return type === "VARCHAR" ? inner : undefined;
  }
  if (inner?.family === "temporal") return type === "DATE" || type === "TIMESTAMP" ? inner : undefined;
  if (inner?.family === "boolean") return type === "BOOLEAN" ? inner : undefined;
  return inner?.family === "number" && type === "DOUBLE" ? { ...inner, whole: false } : undefined;
}

/** The number that INTERVAL n UNIT wraps in casts and trunc. */
function intervalCount(expr: Bound | undefined): Rational | undefined {
  if (expr?.kind === "cast" && (expr.type === "INTEGER" || expr.type === "DOUBLE")) return intervalCount(expr.arg);
  if (expr?.kind === "call" && expr.fn === "trunc") return intervalCount(expr.args[0]);
  const constant = expr?.kind === "literal" ? constantOf(expr) : undefined;
  return constant?.family === "number" && constant.whole ? constant.value : undefined;
}

/** Numbers that the engine computes with exactly: no literal of a DOUBLE is among them. */
function isExact(expr: Bound): boolean {
  if (expr.kind === "literal") return expr.value.type === "number" && expr.value.form !== "double";
  return expr.kind === "call" && ["+", "-", "*"].includes(expr.fn) && expr.args.every(isExact);
}

type NumberConstant = Extract<Constant, { family: "number" }>;

/** Places behind the point that are carried, as many as digits in all. */
const mostPlaces = 15;

/** An exact number as a literal of at most fifteen digits; undefined where it needs more. */
function decimalText({ num, den }: Rational): string | undefined {
  for (let places = 0; places <= mostPlaces; places++) {
    const scale = 10n ** BigInt(places);
    if (scale % den !== 0n) continue;
    const digits = num * (scale / den);
    if (!Number.isSafeInteger(Number(digits))) return undefined;
    const text = String(digits < 0n ? -digits : digits).padStart(places + 1, "0");
    const point = text.length - places;
    return `${digits < 0n ? "-" : ""}${text.slice(0, point)}${places === 0 ? "" : `.${text.slice(point)}`}`;
  }
  return undefined;
}

/** `1200 + 11`, `0.06 - 0.01`: exact, and no longer than a literal may be, for as one it is written. */
function ofNumbers(fn: string, left: NumberConstant, right: NumberConstant): NumberConstant | undefined {
  const value = fn === "*" ? multiply(left.value, right.value) : add(left.value, fn === "-" ? negate(right.value) : right.value);
  return decimalText(value) === undefined ? undefined : { family: "number", value, whole: left.whole && right.whole };
}

/** The literal that arithmetic of constants is: computed here, it can neither fail nor widen a protected column where it runs. */
export function foldedNumber(expr: Bound): string | undefined {
  if (expr.kind !== "call" || expr.args.length !== 2) return undefined;
  const constant = constantOf(expr);
  return constant?.family === "number" ? decimalText(constant.value) : undefined;
}

/** A date that is computed has no text of its own: where the day itself counts, it is none. */
const computedDate: Constant = { family: "temporal" };

function ofTwo(fn: string, args: readonly Bound[]): Constant | undefined {
  const [left, right] = args.map(constantOf);
  if (left?.family === "number" && right?.family === "number")
    return args.every(isExact) ? ofNumbers(fn, left, right) : undefined;
  // `*` of a date binds nowhere.
  if (left?.family !== "temporal") return undefined;
  if (right?.family === "interval") return computedDate;
  const days = right?.family === "number" && right.whole && args.slice(1).every(isExact) ? right.value.num : undefined;
  return days !== undefined && days ** 2n <= greatestDays ** 2n ? computedDate : undefined;
}

function ofCall(fn: string, args: readonly Bound[]): Constant | undefined {
  const [left, right] = args;
  if (intervalMakers.has(fn)) {
    const count = intervalCount(left);
    return count !== undefined && count.num >= 0n && count.num <= BigInt(greatestInterval) ? { family: "interval" } : undefined;
  }
  if (fn !== "+" && fn !== "-" && fn !== "*") return undefined;
  if (right !== undefined) return ofTwo(fn, args);
  const only = constantOf(left);
  return fn === "-" && only?.family === "number" ? { ...only, value: negate(only.value) } : undefined;
}

/** The constant that an expression is, if it is one of the forms that cannot fail; an absent argument is none. */
export function constantOf(expr: Bound | undefined): Constant | undefined {
  switch (expr?.kind) {
    case "literal":
      return ofLiteral(expr.value);
    case "cast":
      return ofCast(expr.arg, expr.type);
    case "call":
      return ofCall(expr.fn, expr.args);
    default:
      return undefined;
  }
}
