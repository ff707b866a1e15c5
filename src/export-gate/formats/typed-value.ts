import type { RunValue } from "../../engine/index.ts";
import type { ColumnForm } from "./column-form.ts";
import { plainText } from "./plain-text.ts";

/** Days and microseconds count from 1970-01-01, a decimal's digits as if it had no point. */
export type TypedValue = null | boolean | number | bigint | string;

const microsPerDay = 86_400_000_000n;
const msPerDay = 86_400_000;

function daysOf(text: string): number | undefined {
  const found = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (found === null) return undefined;
  // Not Date.UTC, which reads the years 0 to 99 as those of the last century.
  return new Date(0).setUTCFullYear(Number(found[1]), Number(found[2]) - 1, Number(found[3])) / msPerDay;
}

function microsOf(text: string): bigint | undefined {
  const found = /^(\S+) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?$/.exec(text);
  if (found === null) return undefined;
  const [, date = "", hour, minute, second, fraction = ""] = found;
  const days = daysOf(date);
  if (days === undefined) return undefined;
  const seconds = Number(hour) * 3600 + Number(minute) * 60 + Number(second);
  return BigInt(days) * microsPerDay + BigInt(seconds) * 1_000_000n + BigInt(fraction.padEnd(6, "0"));
}

function unscaled(text: string, precision: number, scale: number): bigint | undefined {
  const found = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (found === null) return undefined;
  const [, sign = "", whole = "", fraction = ""] = found;
  if (fraction.length > scale) return undefined;
  const digits = BigInt(`${whole}${fraction.padEnd(scale, "0")}`);
  return digits < 10n ** BigInt(precision) ? (sign === "" ? digits : -digits) : undefined;
}

function integerOf(value: RunValue, bits: number, signed: boolean): number | bigint | undefined {
  if (!/^-?\d+$/.test(String(value))) return undefined;
  const whole = BigInt(String(value));
  if ((signed ? BigInt.asIntN(bits, whole) : BigInt.asUintN(bits, whole)) !== whole) return undefined;
  return bits === 64 ? whole : Number(whole);
}

const notFinite: Readonly<Record<string, number>> = { NaN: Number.NaN, Infinity: Infinity, "-Infinity": -Infinity };

/** A value in its column's form; undefined where the form cannot hold it exactly. */
export function typedValue(value: RunValue, form: ColumnForm): TypedValue | undefined {
  if (value === null) return null;
  switch (form.kind) {
    case "boolean":
      return typeof value === "boolean" ? value : undefined;
    case "integer":
      return integerOf(value, form.bits, form.signed);
    case "decimal":
      return typeof value === "string" ? unscaled(value, form.precision, form.scale) : undefined;
    case "float":
    case "double":
      return typeof value === "number" ? value : notFinite[String(value)];
    case "date":
      return daysOf(String(value));
    case "timestamp":
      return microsOf(String(value));
    case "text":
      return plainText(value);
  }
}
