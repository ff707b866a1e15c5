import type { OwnerExpr } from "../release/model.ts";
import { selectsOf } from "../release/rows.ts";
import type { DerivedRows, Leaf, RowsFrom, SubjectRows } from "../resolve/field.ts";
import { findOwners } from "../subject/owners.ts";
import { emitColumn, emitLeniently } from "./expression.ts";
import { quoteIdentifier as q } from "./identifier.ts";
import { derivedKeys } from "./record-keys.ts";
import type { Recorder } from "./recorder.ts";

/** The key that tells an owner; where an outer join may leave it out, the first that is there. */
export function emitOwner(owner: OwnerExpr, recorder: Recorder): string {
  const fields = owner.fields.map((field) => emitColumn(field.source, field.column.name, recorder));
  const [first = ""] = fields;
  if (!owner.outer || fields.length === 1) return first;
  recorder.functions.add("coalesce");
  return `coalesce(${fields.join(", ")})`;
}

/** The columns of derived rows with the record keys beside them, as far as noise needs them. */
function itemsOf(
  { rows, exprs }: ReturnType<typeof selectsOf>[number],
  { columns, groupBy }: DerivedRows,
  recorder: Recorder,
): readonly { readonly sql: string; readonly name: string }[] {
  const pairs = exprs.flatMap((expr, i) => columns.slice(i, i + 1).map(({ field }) => ({ expr, field })));
  const own = pairs.map(({ expr, field }) => ({ sql: emitLeniently(expr, recorder), name: field.column.name }));
  if (!recorder.noisy) return own;
  const { owners } = findOwners(rows);
  return [...own, ...pairs.flatMap((pair) => derivedKeys(pair, groupBy !== undefined, owners, recorder))];
}

function emitDerived(derived: DerivedRows, recorder: Recorder): string {
  const { groupBy } = derived;
  const groups = groupBy === undefined ? "" : ` GROUP BY ${groupBy.map((expr) => emitLeniently(expr, recorder)).join(", ")}`;
  const selects = selectsOf(derived).map((select) => {
    const items = itemsOf(select, derived, recorder).map(({ sql, name }) => {
      recorder.columns.add(name);
      return `${sql} AS ${q(name)}`;
    });
    return `SELECT ${items.join(", ")} ${emitRows(select.rows, recorder)}${groups}`;
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
      const join = from.full === true ? "FULL JOIN" : "LEFT JOIN";
      return `(${emitFrom(from.left, recorder)} ${join} ${emitRight(from.right, recorder)} ON ${on})`;
    }
  }
}

/** FROM and WHERE of protected rows. */
export function emitRows({ from, conditions }: SubjectRows, recorder: Recorder): string {
  const where = conditions.map((condition) => emitLeniently(condition, recorder));
  return `FROM ${emitFrom(from, recorder)}${where.length === 0 ? "" : ` WHERE ${where.join(" AND ")}`}`;
}
