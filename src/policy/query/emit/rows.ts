import type { OwnerExpr } from "../release/model.ts";
import { selectsOf } from "../release/rows.ts";
import type { DerivedRows, Leaf, RowsFrom, SubjectRows } from "../resolve/field.ts";
import { emitColumn, emitLeniently } from "./expression.ts";
import { quoteIdentifier as q } from "./identifier.ts";
import type { Recorder } from "./recorder.ts";

/** The key that tells an owner; where an outer join may leave it out, the first that is there. */
export function emitOwner(owner: OwnerExpr, recorder: Recorder): string {
  const fields = owner.fields.map((field) => emitColumn(field.source, field.column.name, recorder));
  const [first = ""] = fields;
  if (!owner.outer || fields.length === 1) return first;
  recorder.functions.add("coalesce");
  return `coalesce(${fields.join(", ")})`;
}

function emitDerived(derived: DerivedRows, recorder: Recorder): string {
  const { columns, groupBy } = derived;
  const names = columns.map(({ field }) => field.column.name);
  for (const name of names) recorder.columns.add(name);
  const groups = groupBy === undefined ? "" : ` GROUP BY ${groupBy.map((expr) => emitLeniently(expr, recorder)).join(", ")}`;
  const selects = selectsOf(derived).map(({ rows, exprs }) => {
    const items = exprs.map((expr, i) => [emitLeniently(expr, recorder), ...names.slice(i, i + 1).map(q)].join(" AS "));
    return `SELECT ${items.join(", ")} ${emitRows(rows, recorder)}${groups}`;
  });
  if (selects.length > 1) recorder.forms.add("SET_OPERATION_NODE");
  return `(${selects.join(" UNION ALL ")})`;
}

function emitLeaf({ table, alias, derived, free }: Leaf, recorder: Recorder): string {
  recorder.columns.add(alias);
  if (derived !== undefined) return `${emitDerived(derived, recorder)} AS ${q(alias)}`;
  const name = free?.table ?? table.name;
  recorder.tables.add(name);
  return `${q(name)} AS ${q(alias)}`;
}

/** Brackets around what is itself a join; around one table they are no SQL. */
function emitRight(from: RowsFrom, recorder: Recorder): string {
  const sql = emitFrom(from, recorder);
  return from.kind === "inner" ? `(${sql})` : sql;
}

function emitFrom(from: RowsFrom, recorder: Recorder): string {
  switch (from.kind) {
    case "leaf":
      return emitLeaf(from.leaf, recorder);
    case "inner":
      return from.parts.map((part) => emitFrom(part, recorder)).join(" CROSS JOIN ");
    case "outer": {
      const on = from.on.map((condition) => emitLeniently(condition, recorder)).join(" AND ");
      return `(${emitFrom(from.left, recorder)} LEFT JOIN ${emitRight(from.right, recorder)} ON ${on})`;
    }
  }
}

/** FROM and WHERE of protected rows. */
export function emitRows({ from, conditions }: SubjectRows, recorder: Recorder): string {
  const where = conditions.map((condition) => emitLeniently(condition, recorder));
  return `FROM ${emitFrom(from, recorder)}${where.length === 0 ? "" : ` WHERE ${where.join(" AND ")}`}`;
}
