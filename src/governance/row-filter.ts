import { type ColumnType, parseColumnType } from "../catalog/index.ts";
import { parseCivilDate } from "../kernel/index.ts";

type FilterValue = string | number | boolean;

/** A condition on the rows an agreement covers: typed values, never SQL text. */
export interface RowFilter {
  readonly column: string;
  readonly op: "=" | "<>" | "<" | "<=" | ">" | ">=" | "in" | "is-null" | "is-not-null";
  readonly value?: FilterValue | readonly FilterValue[] | undefined;
}

const maxListLength = 1000;
const maxTextLength = 1000;
const wholeNumber = /^-?(0|[1-9]\d{0,18})$/;
const decimalNumber = /^-?(0|[1-9]\d*)(?:\.(\d+))?$/;
const timeOfDay = /^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?$/;

function isInteger(value: FilterValue, bits: number): boolean {
  // A number that JSON rounded on its way would select other rows than the parties signed.
  if (typeof value === "number" ? !Number.isSafeInteger(value) : typeof value !== "string" || !wholeNumber.test(value))
    return false;
  const whole = BigInt(value);
  const half = 1n << BigInt(bits - 1);
  return -half <= whole && whole < half;
}

function isDecimal(value: FilterValue, precision: number, scale: number): boolean {
  if (typeof value === "boolean") return false;
  const [, whole, fraction = ""] = decimalNumber.exec(String(value)) ?? [];
  return whole !== undefined && (whole === "0" ? 0 : whole.length) <= precision - scale && fraction.length <= scale;
}

function isInstant(value: FilterValue): boolean {
  if (typeof value !== "string") return false;
  const [day = "", time = "", ...rest] = value.split(" ");
  return rest.length === 0 && parseCivilDate(day) !== undefined && timeOfDay.test(time);
}

/** Whether the engine can hold the value in a column of that type; one it cannot would fail when jobs are to run. */
function fits(value: FilterValue, type: ColumnType): boolean {
  switch (type.class) {
    case "text":
      return typeof value === "string" && value.length <= maxTextLength && value.isWellFormed() && !value.includes("\0");
    case "boolean":
      return typeof value === "boolean";
    case "integer":
      return isInteger(value, type.bits ?? 0);
    case "decimal":
      return isDecimal(value, type.precision ?? 0, type.scale ?? 0);
    case "double":
      return typeof value === "number" && Number.isFinite(value);
    case "date":
      return typeof value === "string" && parseCivilDate(value) !== undefined;
    case "timestamp":
      return isInstant(value);
  }
}

const forms: Readonly<Record<ColumnType["class"], string>> = {
  text: "a text",
  boolean: "true or false",
  integer: "a whole number of that type's range (as text beyond 2^53)",
  decimal: "a number of that precision and scale",
  double: "a number",
  date: "a day such as 2026-01-31",
  timestamp: "a time such as 2026-01-31 08:30:00",
};

/** What is wrong with a filter on a column of that type; undefined: nothing. */
export function checkRowFilter(filter: RowFilter, typeText: string): string | undefined {
  const { op, value } = filter;
  const type = parseColumnType(typeText);
  if (type === undefined) return "the column's type is unknown";
  const one = (candidate: FilterValue) => (fits(candidate, type) ? undefined : `${type.text} takes ${forms[type.class]}`);
  switch (op) {
    case "is-null":
    case "is-not-null":
      return value === undefined ? undefined : `${op} takes no value`;
    case "in": {
      if (typeof value !== "object" || value.length === 0 || value.length > maxListLength)
        return `in takes a list of 1 to ${maxListLength} values`;
      return value.map(one).find((problem) => problem !== undefined);
    }
    case "<":
    case "<=":
    case ">":
    case ">=":
      if (type.class === "boolean") return `${op} does not fit BOOLEAN; use =, <> or in`;
      return value === undefined || typeof value === "object" ? `${op} takes one value` : one(value);
    case "=":
    case "<>":
      return value === undefined || typeof value === "object" ? `${op} takes one value` : one(value);
    default:
      return "the operator is not one of =, <>, <, <=, >, >=, in, is-null, is-not-null";
  }
}
