import { stop } from "../refusal.ts";
import type { OrderItem } from "../tree/expression.ts";
import type { QueryTree, WrittenName } from "../tree/statement.ts";
import { asText, readNode } from "./json.ts";
import type { Reader } from "./reader.ts";

type Item = OrderItem<WrittenName, QueryTree>;

const directions: ReadonlyMap<string, Item["direction"]> = new Map([
  ["ORDER_DEFAULT", undefined],
  ["ASCENDING", "asc"],
  ["DESCENDING", "desc"],
]);
const nullOrders: ReadonlyMap<string, Item["nulls"]> = new Map([
  ["ORDER_DEFAULT", undefined],
  ["NULLS FIRST", "first"],
  ["NULLS LAST", "last"],
]);

/** One ORDER BY item. */
export function readOrder(json: unknown, reader: Reader): Item {
  const node = readNode(json, ["type", "null_order", "expression"]);
  const [direction, nulls] = [asText(node["type"]), asText(node["null_order"])];
  if (!directions.has(direction) || !nullOrders.has(nulls)) stop("QUERY_UNREADABLE", undefined, "an unknown order");
  return { expr: reader.expr(node["expression"]), direction: directions.get(direction), nulls: nullOrders.get(nulls) };
}
