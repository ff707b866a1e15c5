import type { Bound } from "../resolve/field.ts";
import type { LiteralValue } from "../tree/expression.ts";
import { negate, parseRational, type Rational } from "./rational.ts";

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

function ofCall(fn: string, args: readonly Bound[]): Constant | undefined {
  const [left, right] = args;
  if (intervalMakers.has(fn)) {
    const count = intervalCount(left);
    return count !== undefined && count.num >= 0n && count.num <= BigInt(greatestInterval) ? { family: "interval" } : undefined;
  }
  if (fn !== "+" && fn !== "-") return undefined;
  const first = constantOf(left);
  if (right !== undefined) {
    return first?.family === "temporal" && constantOf(right)?.family === "interval" ? { family: "temporal" } : undefined;
  }
  return fn === "-" && first?.family === "number" ? { ...first, value: negate(first.value) } : undefined;
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
