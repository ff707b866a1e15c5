import { stop } from "../refusal.ts";
import type { Expr, OrderItem } from "../tree/expression.ts";
import type { WrittenName } from "../tree/statement.ts";
import { asText, readNode } from "./json.ts";

const directions: ReadonlyMap<string, OrderItem<WrittenName>["direction"]> = new Map([
  ["ORDER_DEFAULT", undefined],
  ["ASCENDING", "asc"],
  ["DESCENDING", "desc"],
]);
const nullOrders: ReadonlyMap<string, OrderItem<WrittenName>["nulls"]> = new Map([
  ["ORDER_DEFAULT", undefined],
  ["NULLS FIRST", "first"],
  ["NULLS LAST", "last"],
]);

/** One ORDER BY item; what may stand in it is the given reader's business. */
export function readOrder(json: unknown, read: (json: unknown) => Expr<WrittenName>): OrderItem<WrittenName> {
  const node = readNode(json, ["type", "null_order", "expression"]);
  const [direction, nulls] = [asText(node["type"]), asText(node["null_order"])];
  if (!directions.has(direction) || !nullOrders.has(nulls)) stop("QUERY_UNREADABLE", undefined, "an unknown order");
  return { expr: read(node["expression"]), direction: directions.get(direction), nulls: nullOrders.get(nulls) };
}
