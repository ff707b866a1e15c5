import { findFunction } from "../catalogue/index.ts";
import { type At, stop } from "../refusal.ts";
import type { FrameBound, WindowFrame } from "../tree/expression.ts";
import type { QueryTree, Written, WrittenName } from "../tree/statement.ts";
import { readFunctionName } from "./function.ts";
import { asList, asText, type JsonNode, positionOf, readNode } from "./json.ts";
import { readOrder } from "./order.ts";
import type { Reader } from "./reader.ts";

type Frame = WindowFrame<WrittenName, QueryTree>;
type Bound = FrameBound<WrittenName, QueryTree>;

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

export function readWindow(json: unknown, reader: Reader): Written {
  const node = readNode(json, fields);
  const at = positionOf(node);
  const fn = readFunctionName(node);
  const kind = findFunction(fn)?.kind;
  if (kind !== "window" && kind !== "aggregate") return stop("QUERY_FUNCTION_NOT_LISTED", at, `the window function ${fn}`);
  const trailing = [node["offset_expr"], node["default_expr"]].filter((arg) => arg !== null);
  return {
    kind: "window",
    fn,
    args: [...asList(node["children"]), ...trailing].map(reader.expr),
    partition: asList(node["partitions"]).map(reader.expr),
    order: asList(node["orders"]).map((item) => readOrder(item, reader)),
    distinct: node["distinct"] === true,
    ignoreNulls: node["ignore_nulls"] === true,
    filter: node["filter_expr"] === null ? undefined : reader.expr(node["filter_expr"]),
    argOrder: asList(node["arg_orders"]).map((item) => readOrder(item, reader)),
    frame: readFrame(node, at, reader),
    at,
  };
}

const excluded: ReadonlyMap<string, Frame["exclude"]> = new Map([
  ["NO_OTHER", undefined],
  ["CURRENT_ROW", "CURRENT ROW"],
  ["GROUP", "GROUP"],
  ["TIES", "TIES"],
]);

/** A bound as the engine calls it, its unit at its end: `EXPR_PRECEDING_ROWS`. */
const boundForm = /^(CURRENT_ROW|EXPR_PRECEDING|EXPR_FOLLOWING)_(ROWS|RANGE|GROUPS)$/;

function readFrame(node: JsonNode, at: At, reader: Reader): Frame | undefined {
  const [start, end, without] = [asText(node["start"]), asText(node["end"]), asText(node["exclude_clause"])];
  if (!excluded.has(without)) return unknownFrame(without, at);
  const exclude = excluded.get(without);
  if (start === "UNBOUNDED_PRECEDING" && end === "CURRENT_ROW_RANGE" && exclude === undefined) return undefined;
  const ends = (unit: string): boolean => [start, end].some((bound) => bound.endsWith(unit));
  const unit = ends("_ROWS") ? "ROWS" : ends("_GROUPS") ? "GROUPS" : "RANGE";
  return {
    unit,
    start: readBound(start, node["start_expr"], at, reader),
    end: readBound(end, node["end_expr"], at, reader),
    exclude,
  };
}

function readBound(bound: string, expr: unknown, at: At, reader: Reader): Bound {
  if (bound === "UNBOUNDED_PRECEDING") return "UNBOUNDED PRECEDING";
  if (bound === "UNBOUNDED_FOLLOWING") return "UNBOUNDED FOLLOWING";
  switch (boundForm.exec(bound)?.[1]) {
    case "CURRENT_ROW":
      return "CURRENT ROW";
    case "EXPR_PRECEDING":
      return { offset: reader.expr(expr), direction: "PRECEDING" };
    case "EXPR_FOLLOWING":
      return { offset: reader.expr(expr), direction: "FOLLOWING" };
    default:
      return unknownFrame(bound, at);
  }
}

function unknownFrame(what: string, at: At): never {
  return stop("QUERY_CLAUSE_UNSUPPORTED", at, `a window frame with ${what}`);
}
