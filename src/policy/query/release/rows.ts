import type { At } from "../refusal.ts";
import type { Bound, SubjectField } from "../resolve/field.ts";
import type { SchemaTable } from "../schema.ts";

/**
 * One table of protected rows as it occurs in a statement: a stored one, or rows derived from such (per-owner totals,
 * windows within one owner). The table of derived rows is made up by the compiler: its owner keys, columns and roles
 * are judged exactly like those of a stored one.
 */
export interface Leaf {
  readonly table: SchemaTable;
  readonly alias: string;
  /** Where the statement names it. */
  readonly at: At;
  /** Absent for a stored table. */
  readonly derived?: DerivedRows | undefined;
}

/** SELECT columns FROM rows WHERE conditions [GROUP BY groupBy], every owner of the rows among the columns. */
export interface DerivedRows {
  readonly rows: SubjectRows;
  readonly columns: readonly DerivedColumn[];
  /** Absent where rows stay rows; else it holds every owner key. */
  readonly groupBy: readonly Bound[] | undefined;
}

export interface DerivedColumn {
  readonly expr: Bound;
  /** What it is outside; its name is the column's. */
  readonly field: SubjectField;
}

/** Rows that have owners: joined tables, and the conjuncts that hold for all of them. */
export interface SubjectRows {
  readonly from: RowsFrom;
  readonly conditions: readonly Bound[];
}

/** Inner joins are lists whose conditions stand in `SubjectRows`; outer ones keep theirs: every left row, and the right ones beside it. */
export type RowsFrom =
  | { readonly kind: "leaf"; readonly leaf: Leaf }
  | { readonly kind: "inner"; readonly parts: readonly RowsFrom[] }
  | {
      readonly kind: "outer";
      readonly left: RowsFrom;
      readonly right: RowsFrom;
      readonly on: readonly Bound[];
    };

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
      const right = leavesOf(from.right).map((leaf) => leaf.alias);
      return new Set([...nullableAliases(from.left), ...right]);
    }
  }
}

/** Names of the stored tables, through all levels. */
export function storedTables(from: RowsFrom): readonly string[] {
  return leavesOf(from).flatMap((leaf) =>
    leaf.derived === undefined ? [leaf.table.name] : storedTables(leaf.derived.rows.from),
  );
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
