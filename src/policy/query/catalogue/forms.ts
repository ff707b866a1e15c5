import { type FunctionEntry, form, scalar } from "./entry.ts";

/** Forms of expressions that the tree carries as calls. No statement can call them by these names. */
export const forms: Readonly<Record<string, FunctionEntry>> = Object.freeze({
  "[]": form("subscript", 2),
  // The list, where it begins, where it ends, the step.
  "[:]": form("slice", 3, 4),
  // The struct and the name of its field.
  ".": form("field", 2),
  // The text and the collation.
  collate: form("collate", 2),
  try: scalar(1, 1),
});
