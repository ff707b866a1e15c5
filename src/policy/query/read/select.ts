import { stop } from "../refusal.ts";
import type { CteTree, OrderTree, QueryTree, SelectItem, SelectTree, Written } from "../tree/statement.ts";
import { readFrom } from "./from.ts";
import { asList, asNode, asText, asTexts, type JsonNode, mustBeUnset, positionOf, readNode } from "./json.ts";
import { readWholeNumber } from "./literal.ts";
import { readOrder } from "./order.ts";
import type { Reader } from "./reader.ts";

const setOperations = "a set operation (UNION, EXCEPT, INTERSECT)";
const nodeNames: ReadonlyMap<string, string> = new Map([
  ["SET_OPERATION_NODE", setOperations],
  ["RECURSIVE_CTE_NODE", "WITH RECURSIVE"],
  ["CTE_NODE", "a materialised CTE node"],
]);

/** One query of the statement: a SELECT. */
export function readQuery(json: unknown, reader: Reader): QueryTree {
  const statement = readNode(json, ["node", "named_param_map"]);
  mustBeUnset(statement, "named_param_map", "a named parameter", undefined);
  return readSelect(statement["node"], reader);
}

const selectFields = [
  "type",
  "modifiers",
  "cte_map",
  "select_list",
  "from_table",
  "where_clause",
  "group_expressions",
  "group_sets",
  "aggregate_handling",
  "having",
  "sample",
  "qualify",
];

function readSelect(json: unknown, reader: Reader): SelectTree {
  const type = String(asNode(json)["type"]);
  if (type !== "SELECT_NODE") stop("QUERY_CLAUSE_UNSUPPORTED", undefined, nodeNames.get(type) ?? type);
  const node = readNode(json, selectFields);
  const ctes = asList(asNode(node["cte_map"])["map"]).map((cte) => readCte(cte, reader));
  const items = asList(node["select_list"]).map((item) => readItem(item, reader));
  const groupBy = asList(node["group_expressions"]).map(reader.expr);
  if (node["sample"] !== null) stop("QUERY_ROW_CHOICE", undefined, "USING SAMPLE");
  const modifiers = readModifiers(node["modifiers"], reader);
  return Object.freeze({
    ctes,
    items,
    from: readFrom(node["from_table"], reader),
    where: optional(node["where_clause"], reader),
    groupBy: checkedGroups(groupBy, node["group_sets"]),
    groupAll: node["aggregate_handling"] === "FORCE_AGGREGATES",
    having: optional(node["having"], reader),
    qualify: optional(node["qualify"], reader),
    ...modifiers,
    at: firstPlace(node),
  });
}

function optional(json: unknown, reader: Reader): Written | undefined {
  return json === null ? undefined : reader.expr(json);
}

function firstPlace(node: JsonNode): number | undefined {
  const [first] = asList(node["select_list"]);
  return first === undefined ? undefined : positionOf(asNode(first));
}

/** One grouping set that holds every group expression; ROLLUP, CUBE and GROUPING SETS have others. */
function checkedGroups(groups: readonly Written[], json: unknown): readonly Written[] {
  const sets = asList(json);
  if (sets.length > 1 || (sets[0] !== undefined && asList(sets[0]).length !== groups.length)) {
    stop(
      "QUERY_CLAUSE_UNSUPPORTED",
      groups[0]?.at,
      "ROLLUP, CUBE or GROUPING SETS",
      "Ask for each grouping in a statement of its own.",
    );
  }
  return groups;
}

const starFields = [
  "class",
  "type",
  "alias",
  "query_location",
  "relation_name",
  "exclude_list",
  "replace_list",
  "columns",
  "expr",
  "qualified_exclude_list",
  "rename_list",
];

function readItem(json: unknown, reader: Reader): SelectItem {
  const raw = asNode(json);
  if (raw["class"] !== "STAR") {
    const alias = asText(raw["alias"]);
    return { kind: "expr", expr: reader.expr(raw), alias: alias === "" ? undefined : alias };
  }
  const node = readNode(raw, starFields);
  for (const field of ["exclude_list", "replace_list", "columns", "expr", "qualified_exclude_list", "rename_list"]) {
    mustBeUnset(node, field, "a star with EXCLUDE, REPLACE, RENAME or COLUMNS");
  }
  const table = asText(node["relation_name"]);
  return { kind: "star", table: table === "" ? undefined : table, at: positionOf(node) };
}

function readCte(json: unknown, reader: Reader): CteTree {
  const entry = readNode(json, ["key", "value"]);
  const value = readNode(entry["value"], ["aliases", "query", "materialized", "key_targets"]);
  mustBeUnset(value, "key_targets", "USING KEY", undefined);
  return { name: asText(entry["key"]), columns: asTexts(value["aliases"]), query: reader.query(value["query"]) };
}

type Modifiers = Pick<SelectTree, "distinct" | "order" | "limit" | "offset">;
type ReadModifier = (node: JsonNode, before: Modifiers, reader: Reader) => Modifiers;

const modifierReaders: ReadonlyMap<string, ReadModifier> = new Map<string, ReadModifier>([
  ["ORDER_MODIFIER", (node, before, reader) => ({ ...before, order: readOrderBy(asList(node["orders"]), reader) })],
  [
    "DISTINCT_MODIFIER",
    (node, before) => {
      mustBeUnset(node, "distinct_on_targets", "DISTINCT ON", undefined);
      return { ...before, distinct: true };
    },
  ],
  [
    "LIMIT_MODIFIER",
    (node, before) => ({
      ...before,
      limit: node["limit"] === null ? undefined : readWholeNumber(node["limit"], "LIMIT"),
      offset: node["offset"] === null ? undefined : readWholeNumber(node["offset"], "OFFSET"),
    }),
  ],
]);

function readModifiers(json: unknown, reader: Reader): Modifiers {
  let modifiers: Modifiers = { distinct: false, order: { kind: "items", items: [] }, limit: undefined, offset: undefined };
  for (const item of asList(json)) {
    const node = readNode(item, ["type", "orders", "distinct_on_targets", "limit", "offset"]);
    const read =
      modifierReaders.get(asText(node["type"])) ?? stop("QUERY_CLAUSE_UNSUPPORTED", undefined, "LIMIT with a percentage");
    modifiers = read(node, modifiers, reader);
  }
  return modifiers;
}

function readOrderBy(orders: readonly unknown[], reader: Reader): OrderTree {
  const [only] = orders;
  const isAll = orders.length === 1 && asNode(asNode(only)["expression"])["class"] === "STAR";
  if (isAll) return { kind: "all" };
  return { kind: "items", items: orders.map((item) => readOrder(item, reader)) };
}
