import type { At } from "../refusal.ts";
import type { SchemaColumn, SchemaSubject, SchemaTable } from "../schema.ts";
import type { Rational } from "../subject/rational.ts";
import type { Expr } from "../tree/expression.ts";
import type { TypeFamily } from "../types.ts";
import type { Category } from "./category.ts";

/** A column of a relation, after resolution. */
export type Field = SubjectField | FreeField;

/** A column of a protected table's row. */
export interface SubjectField {
  readonly kind: "subject";
  /** The relation's own alias in the plan (`t1`), never the operator's. */
  readonly source: string;
  readonly table: SchemaTable;
  readonly column: SchemaColumn;
  /** Set where the column is an owner key. */
  readonly subject: SchemaSubject | undefined;
  /** Set where the column is one of derived rows. */
  readonly derived?: DerivedField | undefined;
}

/** coefficient × a total of one owner under a condition of its own. */
export interface TotalPart {
  readonly coefficient: Rational;
  readonly field: SubjectField;
}

/** What a column of derived rows is, beyond its type and role. */
export interface DerivedField {
  /** For people: `sum(visit.cost) per person`. */
  readonly label: string;
  /** What is totalled, whatever the condition: totals that share a base can be subtracted from each other. */
  readonly bases: readonly string[];
  /** Undefined where the rules of a measure hold: ranges on its grid, nothing else. */
  readonly category: Category | undefined;
  /**
   * How a sum over owners takes it. `never`: ranks, extremes, means. Parts: totals under conditions, of which each is
   * judged by itself, with only those owners who meet its condition.
   */
  readonly sums: "itself" | "never" | readonly TotalPart[];
  /** A total under no condition at all, which may be multiplied like a stored measure. */
  readonly plain: boolean;
  /** A stored column as it is. */
  readonly stored: boolean;
  /** Set for a column of a table that an outer join may leave out: which table, as it was called below. */
  readonly behind?: string | undefined;
  /** Whether the row of that table is there. */
  readonly presence?: boolean | undefined;
  /** Whether it tells something of an owner that the value is there. */
  readonly tells: boolean;
  /** Whether telling conditions chose the rows that it is made of: that it equals another total tells that they hold. */
  readonly chosen: boolean;
}

/** An owner key. */
export type KeyField = SubjectField & { readonly subject: SchemaSubject };

/** A column of released or public rows: anything may be computed from it. */
export interface FreeField {
  readonly kind: "free";
  readonly source: string;
  readonly column: string;
  /** Set beside protected rows, where it is sure: nothing protected is ever cast to meet it. */
  readonly family?: TypeFamily | undefined;
}

/** A subquery inside an expression, after resolution. */
export type SubqueryRef = FreeSubquery | TiedSubquery;

/** Its rows are free: constants, public or released. The compiled query stands in the compile state under this number. */
export interface FreeSubquery {
  readonly kind: "free";
  readonly id: number;
  /** Equal texts, equal subqueries. */
  readonly text: string;
  /** Whether it asks for anything around it. */
  readonly looks: boolean;
  /**
   * Set beside protected rows. A subquery that fails only where such rows come to it would tell that they exist, so it
   * is computed into a table before.
   */
  readonly beside?: { readonly table: string; readonly family: TypeFamily | undefined; readonly single: boolean } | undefined;
}

/** Its rows are about owners, each of whom is an owner of the row around it: whether there is one is the row's own business. */
export interface TiedSubquery {
  readonly kind: "tied";
  readonly rows: SubjectRows;
  /** What its rows would give, if it is compared with something. */
  readonly values: readonly Bound[];
  /** An aggregate without GROUP BY: a row for each owner around it, also for one without any of these. */
  readonly total?: boolean | undefined;
  /** Figures of a release that stand beside the row around them, which its conditions join by the release's keys. */
  readonly released?: boolean | undefined;
}

export type Bound = Expr<Field, SubqueryRef>;

export function refTo(field: Field, at: number | undefined): Bound {
  return Object.freeze({ kind: "ref", ref: Object.freeze(field), at });
}

/** The protected column that an expression plainly is, if it is one. */
export function plainSubject(expr: Bound): SubjectField | undefined {
  return expr.kind === "ref" && expr.ref.kind === "subject" ? expr.ref : undefined;
}

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
  /** Set for free rows that stand beside protected ones. */
  readonly free?: FreeRows | undefined;
}

export interface FreeRows {
  /** Name of the table that they were computed into before any protected row was looked at. */
  readonly table: string;
  /** Sets of columns that are never equal in two rows; an empty set says that there is one row at most. */
  readonly unique: readonly (readonly string[])[];
}

/** SELECT columns FROM rows WHERE conditions [GROUP BY groupBy] [UNION ALL …], every owner of the rows among the columns. */
export interface DerivedRows {
  readonly rows: SubjectRows;
  readonly columns: readonly DerivedColumn[];
  /** Absent where rows stay rows; else it holds every owner key. */
  readonly groupBy: readonly Bound[] | undefined;
  /** Rows that are added by UNION ALL; absent for most. */
  readonly united?: readonly UnitedRows[] | undefined;
}

/** Rows with an expression for each column of those that they are added to. */
export interface UnitedRows {
  readonly rows: SubjectRows;
  readonly exprs: readonly Bound[];
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

/**
 * Inner joins are lists whose conditions stand in `SubjectRows`; outer ones keep theirs: every left row, and the right ones beside
 * it; with `full` the other right ones as well.
 */
export type RowsFrom =
  | { readonly kind: "leaf"; readonly leaf: Leaf }
  | { readonly kind: "inner"; readonly parts: readonly RowsFrom[] }
  | {
      readonly kind: "outer";
      readonly full?: boolean | undefined;
      readonly left: RowsFrom;
      readonly right: RowsFrom;
      readonly on: readonly Bound[];
    };
