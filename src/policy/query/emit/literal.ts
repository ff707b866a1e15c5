import type { LiteralValue } from "../tree/expression.ts";

/** Text in single quotes with quotes doubled; DuckDB knows no backslash escapes in such texts. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A literal that reads back as the same value of the same type. */
export function emitLiteral(value: LiteralValue): string {
  switch (value.type) {
    case "null":
      return "NULL";
    case "boolean":
      return value.value ? "TRUE" : "FALSE";
    case "text":
      return quoteText(value.value);
    case "number":
      return value.form === "double" && !value.text.includes("e") ? `${value.text}e0` : value.text;
  }
}
