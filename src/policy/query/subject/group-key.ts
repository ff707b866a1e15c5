import { stop } from "../refusal.ts";
import { type Bound, plainSubject } from "../resolve/field.ts";
import { mustBeCategory } from "./condition.ts";

/** Holds a group key over protected rows to what groups may be formed by. */
export function checkGroupKey(expr: Bound): void {
  const field = plainSubject(expr);
  if (field?.column.role === "measure") {
    stop(
      "QUERY_GROUP_KEY",
      expr.at,
      `the plain measure ${field.column.name} as a group key`,
      `Group by floor(${field.column.name} / width) * width.`,
    );
  }
  mustBeCategory(expr, "QUERY_GROUP_KEY");
}
