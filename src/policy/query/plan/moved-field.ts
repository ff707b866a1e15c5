import type { Field } from "../resolve/field.ts";

/** A column under another alias, and with it the totals that it is made of. */
export function movedField<F extends Field>(field: F, alias: (source: string) => string): F {
  const source = alias(field.source);
  if (field.kind === "free" || field.derived === undefined || typeof field.derived.sums === "string") return { ...field, source };
  const sums = field.derived.sums.map((part) => ({ ...part, field: movedField(part.field, alias) }));
  return { ...field, source, derived: { ...field.derived, sums } };
}
