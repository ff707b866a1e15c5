import type { DateStep } from "../controls.ts";
import type { TypeFamily } from "../types.ts";

/** What a group may be formed by and a condition may ask freely: a column that is no measure, or a coarse view of one. */
export interface Category {
  readonly family: TypeFamily;
  /** Whole numbers of a few digits: arithmetic on them cannot overflow. */
  readonly small: boolean;
  /** How LIKE may look at it. */
  readonly patterns: "any" | "prefix" | "none";
  /** A difference of two dates of the same row, or a number computed from one: asked in ranges only. */
  readonly ranges: boolean;
  /** Asked in whole values only: the agreement lets no range meet the column that it is made of. */
  readonly whole: boolean;
  /** Set for a plain column of which only a coarse view may be asked. */
  readonly coarse?: CoarseColumn | undefined;
}

/** What of a column the agreement lets conditions ask. */
export type CoarseView =
  | { readonly kind: "grid"; readonly grid: number }
  | { readonly kind: "step"; readonly step: DateStep }
  | { readonly kind: "prefix"; readonly length: number }
  | { readonly kind: "nothing" };

export interface CoarseColumn {
  /** For people. */
  readonly column: string;
  readonly view: CoarseView;
}
