import { stop } from "../refusal.ts";
import type { CteTree } from "../tree/statement.ts";
import { asList, asNode, asText, asTexts, mustBeUnset, readNode } from "./json.ts";
import type { Reader } from "./reader.ts";

const recursiveFields = ["type", "modifiers", "cte_map", "cte_name", "union_all", "left", "right", "aliases", "key_targets"];

/** MATERIALIZED and NOT MATERIALIZED say how, not what: nothing depends on them. */
const hints: ReadonlySet<unknown> = new Set(["CTE_MATERIALIZE_DEFAULT", "CTE_MATERIALIZE_ALWAYS", "CTE_MATERIALIZE_NEVER"]);

export function readCtes(json: unknown, reader: Reader): readonly CteTree[] {
  return asList(readNode(json, ["map"])["map"]).map((cte) => readCte(cte, reader));
}

function readCte(json: unknown, reader: Reader): CteTree {
  const entry = readNode(json, ["key", "value"]);
  const value = readNode(entry["value"], ["aliases", "query", "materialized", "key_targets"]);
  if (!hints.has(value["materialized"])) stop("QUERY_UNREADABLE", undefined, "an unknown hint of a WITH query");
  const [name, columns] = [asText(entry["key"]), asTexts(value["aliases"])];
  const node = asNode(asNode(value["query"])["node"]);
  if (node["type"] !== "RECURSIVE_CTE_NODE") {
    mustBeUnset(value, "key_targets", "USING KEY outside a recursion", undefined);
    const query = reader.query(value["query"]);
    return { name, columns, query, step: undefined, at: query.at };
  }
  const recursive = readNode(node, recursiveFields);
  mustBeUnset(recursive, "modifiers", "ORDER BY or LIMIT inside a recursion", undefined);
  const query = reader.node(recursive["left"]);
  const keys = asList(recursive["key_targets"] ?? []).map((key) => readKey(key, reader));
  const ctes = readCtes(recursive["cte_map"], reader);
  const step = { query: reader.node(recursive["right"]), all: recursive["union_all"] === true, ctes, keys };
  return { name, columns, query, step, at: query.at };
}

function readKey(json: unknown, reader: Reader): string {
  const key = reader.expr(json);
  if (key.kind === "ref" && key.ref.qualifier.length === 0) return key.ref.name;
  return stop("QUERY_CLAUSE_UNSUPPORTED", key.at, "USING KEY of what is no column of the recursion");
}
