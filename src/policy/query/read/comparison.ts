import type { CompareOp } from "../tree/expression.ts";

export const comparisons: ReadonlyMap<string, CompareOp> = new Map<string, CompareOp>([
  ["COMPARE_EQUAL", "="],
  ["COMPARE_NOTEQUAL", "<>"],
  ["COMPARE_LESSTHAN", "<"],
  ["COMPARE_LESSTHANOREQUALTO", "<="],
  ["COMPARE_GREATERTHAN", ">"],
  ["COMPARE_GREATERTHANOREQUALTO", ">="],
  ["COMPARE_DISTINCT_FROM", "distinct"],
  ["COMPARE_NOT_DISTINCT_FROM", "not-distinct"],
]);
