import type { Bound, Field } from "../resolve/field.ts";
import { canonicalText } from "../tree/canonical.ts";

/** Exact text of an expression within one statement: equal texts, equal values. */
export function keyOf(expr: Bound): string {
  return canonicalText(expr, {
    ref: (field) =>
      field.kind === "subject"
        ? `${field.source}.${JSON.stringify(field.column.name)}`
        : `${field.source}.${JSON.stringify(field.column)}`,
    query: (query) => query.text,
  });
}

/** Text of an expression for people: table and column names, no internal aliases. */
export function labelOf(expr: Bound): string {
  return canonicalText(expr, { ref: fieldLabel, query: (query) => query.text });
}

export function fieldLabel(field: Field): string {
  if (field.kind === "free") return field.column;
  return field.derived?.label ?? `${field.table.name}.${field.column.name}`;
}
