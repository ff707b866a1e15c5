import type { Bound, KeyField, SubjectRows } from "../resolve/field.ts";
import type { Rational } from "../subject/rational.ts";

/** One owner of every row: owner keys that the joins equate. */
export interface OwnerExpr {
  readonly id: string;
  readonly kind: string;
  /** Those of tables whose row is always there come first. */
  readonly fields: readonly [KeyField, ...KeyField[]];
  /** An outer join may leave every field but the later ones NULL: the owner is the first that is there. */
  readonly outer: boolean;
}

/** `sum(factors) FILTER (conditions)`, `count FILTER (conditions)`, or the number of distinct owners there. */
export interface Atom {
  readonly id: string;
  readonly aggregate: "count" | "sum" | "owners";
  /** The stored measures that are multiplied; none for counts. */
  readonly factors: readonly Bound[];
  readonly conditions: readonly Bound[];
  /** Which owner is counted, for `owners`. */
  readonly owner: OwnerExpr | undefined;
  /** Set for the count of a quantile's rows, which is judged but never shown: the base of what it stands behind. */
  readonly behind?: string | undefined;
}

/** Two atoms whose difference is a figure too. */
export type AtomPair = RowsPair | ValuesPair;

/** Rows of one that are not of the other form a cell of their own. */
export interface RowsPair {
  readonly by: "rows";
  readonly left: string;
  readonly right: string;
  /** Which of them the conditions alone already place inside the other: rows beyond need not be looked for. */
  readonly inside: "left" | "right" | undefined;
}

/** What an owner brings to one and what to the other is subtracted, owner by owner: totals of one base, rows and owners. */
export interface ValuesPair {
  readonly by: "values";
  readonly left: string;
  readonly right: string;
  /** Numbers of owners or rows: judged only where one holds all of the other, for else their difference counts nobody. */
  readonly nested: boolean;
  /** Which of them counts several rows of an owner where the other counts one. */
  readonly many: "left" | "right" | undefined;
  /** One asks something of the owner that the other does not: that they are equal tells it of everybody. */
  readonly tells: boolean;
}

/** `part` asks attributes or measures for what `whole` does not: where all owners of the whole meet it, the part tells. */
export interface FullCheck {
  readonly part: string;
  readonly whole: string;
  /** Whether the conditions alone place the part inside the whole; otherwise the data must. */
  readonly surely: boolean;
}

/** Points of the distribution of one measure over rows that an atom counts; each is told as the step of the grid it lies in. */
export interface Quantile {
  readonly id: string;
  readonly of: Bound;
  /** Equal bases, one measure. */
  readonly base: string;
  /** Width of a step. */
  readonly grid: Rational;
  /** Whole numbers: the middle of a step of 1 is the number itself. */
  readonly whole: boolean;
  /** The atom that counts the same rows, whose verdict holds for the points as well. */
  readonly count: string;
  /** In rising order. */
  readonly points: readonly QuantilePoint[];
}

export interface QuantilePoint {
  readonly id: string;
  /** Between 0 and 1, neither of them. */
  readonly at: Rational;
  /** Distance to the point before it, over the same rows. */
  readonly apart: Rational | undefined;
}

export interface ReleaseKey {
  readonly id: string;
  readonly label: string;
  readonly expr: Bound;
}

/** One place where owners disappear. */
export interface ReleaseDraft {
  readonly id: string;
  readonly rows: SubjectRows;
  /** A protected table has at least one. */
  readonly owners: readonly [OwnerExpr, ...OwnerExpr[]];
  readonly keys: readonly ReleaseKey[];
  readonly atoms: readonly Atom[];
  readonly pairs: readonly AtomPair[];
  readonly fullChecks: readonly FullCheck[];
  readonly quantiles: readonly Quantile[];
}
