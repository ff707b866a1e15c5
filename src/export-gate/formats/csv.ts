import type { RunValue } from "../../engine/index.ts";
import type { Content } from "../content.ts";
import { plainText } from "./plain-text.ts";

/** Whether a spreadsheet would take the text as a formula, full-width signs included (OWASP, CSV injection). */
export function startsFormula(text: string): boolean {
  return /^[=+\-@＝＋－＠\t\r\n]/.test(text) && !/^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text);
}

function field(value: RunValue): string {
  if (value === null) return "";
  const text = plainText(value);
  const safe = startsFormula(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** RFC 4180, UTF-8, header row; absent figures are empty, formulas get an apostrophe before them. */
export function toCsv({ columns, rows }: Content): string {
  const lines = [columns.map(({ name }) => name), ...rows].map((row) => row.map(field).join(","));
  return `${lines.join("\r\n")}\r\n`;
}
