import { stop } from "../refusal.ts";
import { childrenOf } from "../tree/rebuild.ts";
import type { Bound } from "./field.ts";

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

export function sizeOf(expr: Bound): number {
  return childrenOf(expr).reduce((sum, child) => sum + sizeOf(child), 1);
}
