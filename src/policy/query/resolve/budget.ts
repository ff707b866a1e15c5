import { stop } from "../refusal.ts";
import { leavesOf, outerConditions, selectsOf } from "../release/rows.ts";
import { childrenOf } from "../tree/rebuild.ts";
import type { Bound, SubjectRows } from "./field.ts";

/** Nodes of all expressions of one statement after names are put in. An alias that doubles itself thirty times ends here. */
const maxNodes = 20_000;

export interface Budget {
  spend(nodes: number): void;
}

export function createBudget(limit: number = maxNodes): Budget {
  let left = limit;
  return {
    spend(nodes) {
      left -= nodes;
      if (left < 0) stop("QUERY_TOO_LARGE", undefined, "expressions that grow too large once names are put in");
    },
  };
}

const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);
const sizeOfAll = (exprs: readonly Bound[]): number => sum(exprs.map(sizeOf));

/** Nodes of an expression, those of the rows that it is tied to among them. */
export function sizeOf(expr: Bound): number {
  const tied = expr.kind === "subquery" && expr.query.kind === "tied" ? sizeOfRows(expr.query.rows) : 0;
  return 1 + tied + sizeOfAll(childrenOf(expr));
}

/** Nodes of protected rows, through all that they are derived from: what is shared in memory is written out each time. */
export function sizeOfRows(rows: SubjectRows): number {
  const leaves = leavesOf(rows.from).map(({ derived }) => {
    if (derived === undefined) return 1;
    const selects = selectsOf(derived).map(({ rows: own, exprs }) => sizeOfRows(own) + sizeOfAll(exprs));
    return 1 + sum(selects) + sizeOfAll(derived.groupBy ?? []);
  });
  return sum(leaves) + sizeOfAll(outerConditions(rows.from)) + sizeOfAll(rows.conditions);
}
