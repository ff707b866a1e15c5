import { findFunction } from "../catalogue/index.ts";
import { type At, stop } from "../refusal.ts";
import type { FrameBound, WindowFrame } from "../tree/expression.ts";
import type { Written } from "../tree/statement.ts";
import { readFunctionName } from "./function.ts";
import { asList, asText, mustBeUnset, positionOf, readNode } from "./json.ts";
import { readWholeNumber } from "./literal.ts";
import { readOrder } from "./order.ts";
import type { Reader } from "./reader.ts";

const fields = [
  "class",
  "type",
  "alias",
  "query_location",
  "function_name",
  "schema",
  "catalog",
  "children",
  "partitions",
  "orders",
  "start",
  "end",
  "start_expr",
  "end_expr",
  "offset_expr",
  "default_expr",
  "ignore_nulls",
  "filter_expr",
  "exclude_clause",
  "distinct",
  "arg_orders",
];

const unset: readonly (readonly [string, string])[] = [
  ["ignore_nulls", "IGNORE NULLS"],
  ["filter_expr", "FILTER on a window"],
  ["distinct", "DISTINCT in a window"],
  ["arg_orders", "ORDER BY inside a window's arguments"],
];

export function readWindow(json: unknown, reader: Reader): Written {
  const node = readNode(json, fields);
  const at = positionOf(node);
  const fn = readFunctionName(node);
  for (const [field, what] of unset) mustBeUnset(node, field, what);
  if (node["exclude_clause"] !== "NO_OTHER") stop("QUERY_CLAUSE_UNSUPPORTED", at, "EXCLUDE in a window frame");
  const kind = findFunction(fn)?.kind;
  if (kind !== "window" && kind !== "aggregate") return stop("QUERY_FUNCTION_NOT_LISTED", at, `the window function ${fn}`);
  const trailing = [node["offset_expr"], node["default_expr"]].filter((arg) => arg !== null);
  return {
    kind: "window",
    fn,
    args: [...asList(node["children"]), ...trailing].map(reader.expr),
    partition: asList(node["partitions"]).map(reader.expr),
    order: asList(node["orders"]).map((item) => readOrder(item, reader)),
    frame: readFrame(asText(node["start"]), asText(node["end"]), node["start_expr"], node["end_expr"], at),
    at,
  };
}

const fixedBounds: ReadonlyMap<string, FrameBound> = new Map<string, FrameBound>([
  ["UNBOUNDED_PRECEDING", "UNBOUNDED PRECEDING"],
  ["UNBOUNDED_FOLLOWING", "UNBOUNDED FOLLOWING"],
  ["CURRENT_ROW_ROWS", "CURRENT ROW"],
  ["CURRENT_ROW_RANGE", "CURRENT ROW"],
]);
const movingBounds: ReadonlyMap<string, "PRECEDING" | "FOLLOWING"> = new Map([
  ["EXPR_PRECEDING_ROWS", "PRECEDING"],
  ["EXPR_FOLLOWING_ROWS", "FOLLOWING"],
]);

function readFrame(start: string, end: string, startExpr: unknown, endExpr: unknown, at: At): WindowFrame | undefined {
  if (start === "UNBOUNDED_PRECEDING" && end === "CURRENT_ROW_RANGE") return undefined;
  const unit = [start, end].some((bound) => bound.endsWith("_ROWS")) ? "ROWS" : "RANGE";
  return { unit, start: readBound(start, startExpr, at), end: readBound(end, endExpr, at) };
}

function readBound(bound: string, expr: unknown, at: At): FrameBound {
  const direction = movingBounds.get(bound);
  if (direction !== undefined) return { offset: readWholeNumber(expr, "ROWS"), direction };
  return fixedBounds.get(bound) ?? stop("QUERY_CLAUSE_UNSUPPORTED", at, `a window frame with the bound ${bound}`);
}
