import { stop } from "../refusal.ts";
import type { SelectItem, SelectTree, Written } from "../tree/statement.ts";
import { readFrom } from "./from.ts";
import { asList, asNode, asText, type JsonNode, positionOf, readNode } from "./json.ts";
import { madeName } from "./made-name.ts";
import { readModifiers } from "./modifiers.ts";
import type { Reader } from "./reader.ts";
import { readStar, readTestedStar } from "./star.ts";
import { readCtes } from "./with.ts";

const fields = [
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

export function readSelect(json: unknown, reader: Reader): SelectTree {
  const node = readNode(json, fields);
  if (node["sample"] !== null) stop("QUERY_ROW_CHOICE", undefined, "USING SAMPLE, which takes rows by chance");
  const optional = (child: unknown): Written | undefined => (child === null ? undefined : reader.expr(child));
  const groupBy = asList(node["group_expressions"]).map(reader.expr);
  return Object.freeze<SelectTree>({
    kind: "select",
    ctes: readCtes(node["cte_map"], reader),
    items: asList(node["select_list"]).map((item) => readItem(item, reader)),
    from: readFrom(node["from_table"], reader),
    where: optional(node["where_clause"]),
    groupBy,
    groupSets: readGroupSets(node["group_sets"], groupBy.length),
    groupAll: node["aggregate_handling"] === "FORCE_AGGREGATES",
    having: optional(node["having"]),
    qualify: optional(node["qualify"]),
    ...readModifiers(node["modifiers"], reader),
    at: firstPlace(node),
  });
}

function firstPlace(node: JsonNode): number | undefined {
  const [first] = asList(node["select_list"]);
  return first === undefined ? undefined : positionOf(asNode(first));
}

/** What ROLLUP, CUBE and GROUPING SETS stand for, as places of group expressions; undefined for one set of them all. */
function readGroupSets(json: unknown, groups: number): SelectTree["groupSets"] {
  const sets = asList(json).map((set) => asList(set).map((place) => readPlace(place, groups)));
  const [first] = sets;
  return first === undefined || (sets.length === 1 && first.length === groups && groups > 0) ? undefined : sets;
}

function readPlace(place: unknown, groups: number): number {
  if (typeof place === "number" && Number.isSafeInteger(place) && place >= 0 && place < groups) return place;
  return stop("QUERY_UNREADABLE", undefined, "a grouping set of what is no group expression");
}

function readItem(json: unknown, reader: Reader): SelectItem {
  const node = asNode(json);
  const alias = asText(node["alias"]);
  const named = alias === "" ? undefined : alias;
  const star = node["class"] === "STAR" ? readStar(node, reader) : readTestedStar(node, reader);
  if (star !== undefined) return { kind: "star", star, alias: named };
  return { kind: "expr", expr: reader.expr(node), alias: named, made: madeName(node) };
}
