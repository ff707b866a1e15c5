import { parseColumnType } from "../column-type.ts";
import type { ColumnSample, ValueForm } from "../sample-messages.ts";
import { valueCheck } from "./csv-value.ts";

/** Counts what the values of one column are; keeps none of them beyond the sample. */
export interface ColumnSampler {
  add(value: Buffer): void;
  addNull(): void;
  summary(name: string): ColumnSample;
}

const plainTypes = ["BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "DATE", "TIMESTAMP", "DOUBLE"] as const;
const maxPrecision = 38;

const forms: Readonly<Record<ValueForm, RegExp>> = {
  "id-card": /^[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]$/,
  uscc: /^[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}$/,
  mobile: /^(?:\+?86[- ]?)?1[3-9]\d{9}$/,
  email: /^[^@\s]+@[^@\s]+\.[^@\s]+$/,
  // A line end, a mark that ends a sentence, or four words.
  prose: /[\r\n。！？；]|[.!?;]\s|\S+\s+\S+\s+\S+\s+\S/,
};
const formEntries = Object.entries(forms) as readonly (readonly [ValueForm, RegExp])[];

const decimalForm = /^-?(\d+)(?:\.(\d+))?$/;

function checkOf(type: string): (value: Buffer) => boolean {
  const parsed = parseColumnType(type);
  if (parsed === undefined) return () => false;
  const check = valueCheck(parsed);
  // "0" and "1" are numbers before they are answers.
  if (type === "BOOLEAN") return (value) => value.length > 1 && check.accepts(value, 0, value.length);
  return (value) => check.accepts(value, 0, value.length);
}

export function createColumnSampler(): ColumnSampler {
  const possible = new Map<string, (value: Buffer) => boolean>(plainTypes.map((type) => [type, checkOf(type)]));
  const seen = new Set<string>();
  const counts: Record<ValueForm, number> = { "id-card": 0, uscc: 0, mobile: 0, email: 0, prose: 0 };
  let [values, nulls, bytes, maxBytes, leadingZeros] = [0, 0, 0, 0, 0];
  let digits: { readonly whole: number; readonly scale: number } | undefined = { whole: 1, scale: 0 };

  const addDigits = (text: string): void => {
    const [, whole, fraction = ""] = decimalForm.exec(text) ?? [];
    if (whole === undefined || digits === undefined) {
      digits = undefined;
      return;
    }
    if (whole.length > 1 && whole.startsWith("0")) leadingZeros++;
    digits = { whole: Math.max(digits.whole, whole.replace(/^0+/, "").length), scale: Math.max(digits.scale, fraction.length) };
  };

  return {
    add(value) {
      const text = value.toString();
      values++;
      bytes += value.length;
      maxBytes = Math.max(maxBytes, value.length);
      seen.add(text);
      for (const [form, pattern] of formEntries) if (pattern.test(text)) counts[form]++;
      for (const [type, accepts] of possible) if (!accepts(value)) possible.delete(type);
      if (digits !== undefined) addDigits(text);
    },
    addNull() {
      nulls++;
    },
    summary(name) {
      const types = plainTypes.filter((type) => possible.has(type) && type !== "DOUBLE");
      const precision = digits === undefined ? maxPrecision + 1 : digits.whole + digits.scale;
      const decimal = digits !== undefined && precision <= maxPrecision ? [`DECIMAL(${precision},${digits.scale})`] : [];
      const double = possible.has("DOUBLE") ? ["DOUBLE"] : [];
      return {
        name,
        values,
        nulls,
        distinct: seen.size,
        maxBytes,
        meanBytes: values === 0 ? 0 : Math.round(bytes / values),
        types: values === 0 ? ["VARCHAR"] : [...types, ...decimal, ...double, "VARCHAR"],
        leadingZeros,
        forms: counts,
      };
    },
  };
}
