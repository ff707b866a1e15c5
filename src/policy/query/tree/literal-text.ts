import type { LiteralValue } from "./expression.ts";

/** A literal that reads back as the same value of the same type; different values never have equal texts. */
export function literalText(value: LiteralValue): string {
  switch (value.type) {
    case "null":
      return "NULL";
    case "boolean":
      return value.value ? "TRUE" : "FALSE";
    case "text":
      // Quotes doubled; the engine knows no backslash escapes in such texts.
      return `'${value.value.replaceAll("'", "''")}'`;
    case "number":
      return value.form === "double" && !value.text.includes("e") ? `${value.text}e0` : value.text;
  }
}
