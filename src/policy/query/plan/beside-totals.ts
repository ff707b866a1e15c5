import { leavesOf } from "../release/rows.ts";
import { type Bound, refTo, type SubjectRows } from "../resolve/field.ts";
import { rebuildBound } from "../resolve/tied.ts";
import { rowsKey } from "../subject/label.ts";
import { movedField } from "./moved-field.ts";

/** Totals of owners that stand as values in one SELECT: each becomes a table beside its rows. */
export interface TotalsBeside {
  /** The value, in columns of that table; the same total written twice is one table. */
  add(rows: SubjectRows, value: Bound): Bound;
  /** The rows with all those tables beside them. */
  beside(rows: SubjectRows): SubjectRows;
}

/** Every row on the left, with the row of its owner on the right where there is one. */
export function keepingLeft(left: SubjectRows, right: SubjectRows): SubjectRows {
  return { from: { kind: "outer", left: left.from, right: right.from, on: right.conditions }, conditions: left.conditions };
}

export function createTotalsBeside(): TotalsBeside {
  const byText = new Map<string, SubjectRows>();
  return {
    add(rows, value) {
      const text = rowsKey(rows);
      const known = byText.get(text);
      if (known === undefined) {
        byText.set(text, rows);
        return value;
      }
      const same = leavesOf(known.from);
      const aliases = new Map(
        leavesOf(rows.from).flatMap(({ alias: own }, i) => same.slice(i, i + 1).map((leaf) => [own, leaf.alias] as const)),
      );
      const alias = (source: string): string => aliases.get(source) ?? source;
      const move = (expr: Bound): Bound =>
        expr.kind === "ref" ? refTo(movedField(expr.ref, alias), expr.at) : rebuildBound(expr, move);
      return move(value);
    },
    beside: (rows) => [...byText.values()].reduce(keepingLeft, rows),
  };
}
