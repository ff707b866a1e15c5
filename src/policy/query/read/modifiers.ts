import { stop } from "../refusal.ts";
import type { OrderTree, SelectTree } from "../tree/statement.ts";
import { asList, asNode, asText, type JsonNode, readNode } from "./json.ts";
import { readOrder } from "./order.ts";
import type { Reader } from "./reader.ts";
import { starFields } from "./star.ts";

/** What stands behind a query: DISTINCT, ORDER BY, LIMIT. */
export type Modifiers = Pick<SelectTree, "distinct" | "distinctOn" | "order" | "limit" | "offset">;
type ReadModifier = (node: JsonNode, before: Modifiers, reader: Reader) => Modifiers;

function readLimit(percent: boolean): ReadModifier {
  return (node, before, reader) => ({
    ...before,
    limit: node["limit"] === null ? undefined : { count: reader.expr(node["limit"]), percent },
    offset: node["offset"] === null ? undefined : reader.expr(node["offset"]),
  });
}

const readers: ReadonlyMap<string, ReadModifier> = new Map<string, ReadModifier>([
  ["ORDER_MODIFIER", (node, before, reader) => ({ ...before, order: readOrderBy(asList(node["orders"]), reader) })],
  [
    "DISTINCT_MODIFIER",
    (node, before, reader) => {
      const on = asList(node["distinct_on_targets"]).map(reader.expr);
      return { ...before, distinct: on.length === 0, distinctOn: on };
    },
  ],
  ["LIMIT_MODIFIER", readLimit(false)],
  ["LIMIT_PERCENT_MODIFIER", readLimit(true)],
]);

export function readModifiers(json: unknown, reader: Reader): Modifiers {
  let modifiers: Modifiers = {
    distinct: false,
    distinctOn: [],
    order: { kind: "items", items: [] },
    limit: undefined,
    offset: undefined,
  };
  for (const item of asList(json)) {
    const node = readNode(item, ["type", "orders", "distinct_on_targets", "limit", "offset"]);
    const type = asText(node["type"]);
    const read = readers.get(type) ?? stop("QUERY_CLAUSE_UNSUPPORTED", undefined, type);
    modifiers = read(node, modifiers, reader);
  }
  return modifiers;
}

function readOrderBy(orders: readonly unknown[], reader: Reader): OrderTree {
  const [only] = orders;
  if (orders.length === 1 && isStar(asNode(asNode(only)["expression"]))) {
    const order = readOrder({ ...asNode(only), expression: null }, { ...reader, expr: () => nothing });
    return { kind: "all", direction: order.direction, nulls: order.nulls };
  }
  return { kind: "items", items: orders.map((item) => readOrder(item, reader)) };
}

const nothing = Object.freeze({ kind: "literal", value: { type: "null" }, at: undefined } as const);

const isUnset = (value: unknown): boolean => value === "" || value === null || (Array.isArray(value) && value.length === 0);

/** ORDER BY ALL is a star over columns; one that chooses among them is an expression for each. */
function isStar(node: JsonNode): boolean {
  if (node["class"] !== "STAR") return false;
  const star = readNode(node, starFields);
  return starFields.slice(5).every((field) => isUnset(star[field]));
}
