import { leavesOf } from "../release/rows.ts";
import type { Bound, RowsFrom } from "../resolve/field.ts";
import { refTo } from "../resolve/field.ts";
import type { Scope } from "../resolve/scope.ts";
import { ownerEquality } from "../subject/owners.ts";
import { isNull, literalNull } from "../tree/make.ts";
import { columnsOf, mappedScope } from "./mapped-scope.ts";

/** Functions that make something of NULL, or NULL of something. */
const makers: ReadonlySet<string> = new Set(["coalesce", "concat", "concat_ws", "greatest", "least", "nullif"]);

/** Whether an expression is NULL where all its columns are: then a missing row needs no more than its missing columns. */
function isAbsentWithColumns(expr: Bound): boolean {
  switch (expr.kind) {
    case "ref":
      return true;
    case "cast":
    case "not":
      return isAbsentWithColumns(expr.arg);
    case "compare":
      return !expr.op.includes("distinct") && [expr.left, expr.right].some(isAbsentWithColumns);
    case "call":
      return !makers.has(expr.fn) && expr.args.some(isAbsentWithColumns);
    default:
      return false;
  }
}

/**
 * What the columns of a side are that an outer join may leave out: `SELECT 1 AS one` of a table is NULL where its row is
 * missing. That there is a row is told by the key that the join equates. `behind`: the columns of that side.
 */
export function scopeBehind(scope: Scope, behind: Scope, side: RowsFrom, on: readonly Bound[]): Scope {
  const own = new Set(leavesOf(side).map((leaf) => leaf.alias));
  const [key] = on.flatMap((condition) => ownerEquality(condition) ?? []).filter((field) => own.has(field.source));
  if (key === undefined) return scope;
  const columns = new Set(columnsOf(behind));
  const isThere: Bound = isNull(refTo(key, undefined), true);
  return mappedScope(scope, (column) => {
    const { expr } = column;
    if (!columns.has(column) || isAbsentWithColumns(expr)) return expr;
    return { kind: "case", branches: [{ when: isThere, result: expr }], otherwise: literalNull, at: expr.at };
  });
}
