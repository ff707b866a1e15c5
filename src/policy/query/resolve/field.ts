import type { SchemaColumn, SchemaSubject, SchemaTable } from "../schema.ts";
import type { Rational } from "../subject/rational.ts";
import type { Expr } from "../tree/expression.ts";
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
  /** What is totalled, whatever the condition: totals of one base can be subtracted from each other. */
  readonly base: string;
  /** Undefined where the rules of a measure hold: ranges on its grid, nothing else. */
  readonly category: Category | undefined;
  /**
   * How a sum over owners takes it. `never`: ranks, extremes, means. Parts: totals under conditions, of which each is
   * judged by itself, with only those owners who meet its condition.
   */
  readonly sums: "itself" | "never" | readonly TotalPart[];
  /** A total under no condition at all, which may be multiplied like a stored measure. */
  readonly plain: boolean;
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
