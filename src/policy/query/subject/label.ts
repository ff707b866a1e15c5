import { leavesOf, selectsOf } from "../release/rows.ts";
import type { Bound, DerivedRows, Field, RowsFrom, SubjectRows, SubqueryRef } from "../resolve/field.ts";
import { canonicalText } from "../tree/canonical.ts";

type RefText = (field: Field) => string;

/** Text of rows whose tables are called by their place, so that the same rows have the same text wherever they are written. */
function rowsText({ from, conditions }: SubjectRows, around: RefText, depth: number, more: readonly Bound[] = []): string {
  const places = new Map(leavesOf(from).map((leaf, i) => [leaf.alias, `#${depth}.${i + 1}`]));
  const ref: RefText = (field) => {
    const place = places.get(field.source);
    const name = field.kind === "subject" ? field.column.name : field.column;
    return place === undefined ? around(field) : `${place}.${JSON.stringify(name)}`;
  };
  const print = (expr: Bound): string => textOf(expr, ref, depth);
  const fromText = (part: RowsFrom): string => {
    switch (part.kind) {
      case "leaf":
        return part.leaf.derived === undefined
          ? (part.leaf.free?.table ?? part.leaf.table.name)
          : derivedText(part.leaf.derived, ref, depth + 1);
      case "inner":
        return `(${part.parts.map(fromText).join(", ")})`;
      case "outer":
        return `(${fromText(part.left)} ${part.full === true ? "full" : "left"} join ${fromText(part.right)} on ${part.on.map(print).join(" and ")})`;
    }
  };
  return [`from ${fromText(from)}`, ...conditions.map(print).toSorted(), ...more.map(print)].join(" & ");
}

function derivedText(derived: DerivedRows, around: RefText, depth: number): string {
  const { groupBy = [] } = derived;
  const texts = selectsOf(derived).map(({ rows, exprs }) => rowsText(rows, around, depth, [...exprs, ...groupBy]));
  return `(${texts.join(" union all ")} by ${derived.groupBy?.length ?? "row"})`;
}

function textOf(expr: Bound, ref: RefText, depth: number): string {
  const query = (one: SubqueryRef): string => (one.kind === "free" ? one.text : `(${rowsText(one.rows, ref, depth + 1)})`);
  return canonicalText(expr, { ref, query });
}

/** Exact text of rows within one statement, whatever they are called: equal texts, equal rows. */
export function rowsKey(rows: SubjectRows): string {
  return rowsText(rows, keyText, 0);
}

/** Exact text of an expression within one statement: equal texts, equal values. */
export function keyOf(expr: Bound): string {
  return textOf(expr, keyText, 0);
}

function keyText(field: Field): string {
  return `${field.source}.${JSON.stringify(field.kind === "subject" ? field.column.name : field.column)}`;
}

/** Text of an expression for people: table and column names, no internal aliases. */
export function labelOf(expr: Bound): string {
  return textOf(expr, fieldLabel, 0);
}

export function fieldLabel(field: Field): string {
  if (field.kind === "free") return field.column;
  return field.derived?.label ?? `${field.table.name}.${field.column.name}`;
}
