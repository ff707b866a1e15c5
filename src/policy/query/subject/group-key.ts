import { groupAdvice } from "../advice/column-advice.ts";
import { stop } from "../refusal.ts";
import { type Bound, plainSubject } from "../resolve/field.ts";
import { nameOf } from "./category.ts";
import { mustBeCategory } from "./condition.ts";

/** Holds a group key over protected rows to what groups may be formed by. */
export function checkGroupKey(expr: Bound): void {
  const field = plainSubject(expr);
  if (field?.column.role === "measure") {
    stop(
      "QUERY_GROUP_KEY",
      expr.at,
      `the plain measure ${nameOf(field)} as a group key`,
      groupAdvice(nameOf(field), field.column.grid),
    );
  }
  mustBeCategory(expr, "QUERY_GROUP_KEY");
}
