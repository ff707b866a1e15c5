import type { Category } from "../resolve/category.ts";
import type { Bound } from "../resolve/field.ts";

/** How a function that touches protected values sees its arguments. */
export interface CategoryReader {
  /** What may be asked freely; a column of which only a coarse view may be asked is refused on sight. */
  strict(expr: Bound | undefined): Category | undefined;
  /** The same, or such a column: whoever calls it takes the coarse view. */
  loose(expr: Bound | undefined): Category | undefined;
}

export type CategoryRule = (args: readonly Bound[], reader: CategoryReader) => Category | undefined;

const plain: Category = Object.freeze({ family: "other", small: false, patterns: "none", ranges: false, whole: false });

export const makeCategory = (change: Partial<Category>): Category => Object.freeze({ ...plain, ...change });

/** Something computed from others: asked as narrowly as each of them. */
export function made(from: readonly (Category | undefined)[], change: Partial<Category>): Category {
  const some = (flag: "ranges" | "whole"): boolean => from.some((category) => category?.[flag] === true);
  return makeCategory({ ranges: some("ranges"), whole: some("whole"), ...change });
}
