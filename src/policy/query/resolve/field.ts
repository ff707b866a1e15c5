import type { SchemaColumn, SchemaSubject, SchemaTable } from "../schema.ts";
import type { Expr } from "../tree/expression.ts";

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
}

/** An owner key. */
export type KeyField = SubjectField & { readonly subject: SchemaSubject };

/** A column of released or public rows: anything may be computed from it. */
export interface FreeField {
  readonly kind: "free";
  readonly source: string;
  readonly column: string;
}

/** A subquery inside an expression, after resolution: the compiled query stands in the compile state under this number. */
export interface SubqueryRef {
  readonly id: number;
  /** Its rows are free: constants, public or released. */
  readonly kind: "free";
  /** Equal texts, equal subqueries. */
  readonly text: string;
}

export type Bound = Expr<Field, SubqueryRef>;

export function refTo(field: Field, at: number | undefined): Bound {
  return Object.freeze({ kind: "ref", ref: Object.freeze(field), at });
}

/** The protected column that an expression plainly is, if it is one. */
export function plainSubject(expr: Bound): SubjectField | undefined {
  return expr.kind === "ref" && expr.ref.kind === "subject" ? expr.ref : undefined;
}
