import type { Bound, DerivedRows, Leaf, RowsFrom, SubjectRows, UnitedRows } from "../resolve/field.ts";
import type { ReleaseDraft } from "./model.ts";

/** The tables of one level, in the order they are written. */
export function leavesOf(from: RowsFrom): readonly Leaf[] {
  switch (from.kind) {
    case "leaf":
      return [from.leaf];
    case "inner":
      return from.parts.flatMap(leavesOf);
    case "outer":
      return [...leavesOf(from.left), ...leavesOf(from.right)];
  }
}

/** The conditions of outer joins, which tie tables and ask columns like any other. */
export function outerConditions(from: RowsFrom): readonly Bound[] {
  switch (from.kind) {
    case "leaf":
      return [];
    case "inner":
      return from.parts.flatMap(outerConditions);
    case "outer":
      return [...outerConditions(from.left), ...outerConditions(from.right), ...from.on];
  }
}

/** Aliases of tables whose row may be missing beside another's. */
export function nullableAliases(from: RowsFrom): ReadonlySet<string> {
  switch (from.kind) {
    case "leaf":
      return new Set();
    case "inner":
      return new Set(from.parts.flatMap((part) => [...nullableAliases(part)]));
    case "outer": {
      const absent = [...(from.full === true ? leavesOf(from.left) : []), ...leavesOf(from.right)].map((leaf) => leaf.alias);
      return new Set([...nullableAliases(from.left), ...absent]);
    }
  }
}

/** What derived rows are made of: one SELECT, or several that are united. */
export function selectsOf({ rows, columns, united = [] }: DerivedRows): readonly UnitedRows[] {
  return [{ rows, exprs: columns.map((column) => column.expr) }, ...united];
}

/** Whether rows of several SELECTs are united in them, at whatever level. */
export function holdsUnited(from: RowsFrom): boolean {
  return leavesOf(from).some(
    ({ derived }) =>
      derived !== undefined && (derived.united !== undefined || selectsOf(derived).some(({ rows }) => holdsUnited(rows.from))),
  );
}

/** Names of the stored tables, through all levels. */
export function storedTables(from: RowsFrom): readonly string[] {
  return leavesOf(from).flatMap((leaf) => {
    if (leaf.free !== undefined) return [];
    return leaf.derived === undefined
      ? [leaf.table.name]
      : selectsOf(leaf.derived).flatMap(({ rows }) => storedTables(rows.from));
  });
}

/** Columns of a release beside its keys: atoms and quantiles that figures are made of. */
export function shownFigures({ atoms, quantiles }: Pick<ReleaseDraft, "atoms" | "quantiles">): readonly string[] {
  const open = atoms.filter((atom) => atom.behind === undefined).map((atom) => atom.id);
  return [...open, ...quantiles.flatMap(({ points }) => points.map((point) => point.id))];
}

/** Leaves and expressions made anew; what derived rows are made of keeps its own names. */
export function mapRows(rows: SubjectRows, leaf: (leaf: Leaf) => Leaf, expr: (expr: Bound) => Bound): SubjectRows {
  const map = (from: RowsFrom): RowsFrom => {
    switch (from.kind) {
      case "leaf":
        return { kind: "leaf", leaf: leaf(from.leaf) };
      case "inner":
        return { kind: "inner", parts: from.parts.map(map) };
      case "outer":
        return { ...from, left: map(from.left), right: map(from.right), on: from.on.map(expr) };
    }
  };
  return { from: map(rows.from), conditions: rows.conditions.map(expr) };
}
