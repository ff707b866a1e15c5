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
}
