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
  mustBeUnset(value, "key_targets", "USING KEY", undefined);
  if (!hints.has(value["materialized"])) stop("QUERY_UNREADABLE", undefined, "an unknown hint of a WITH query");
  const [name, columns] = [asText(entry["key"]), asTexts(value["aliases"])];
  const node = asNode(asNode(value["query"])["node"]);
  if (node["type"] !== "RECURSIVE_CTE_NODE") {
    const query = reader.query(value["query"]);
    return { name, columns, query, step: undefined, at: query.at };
  }
  const recursive = readNode(node, recursiveFields);
  mustBeUnset(recursive, "key_targets", "USING KEY", undefined);
  mustBeUnset(recursive, "modifiers", "ORDER BY or LIMIT inside a recursion", undefined);
  if (readCtes(recursive["cte_map"], reader).length > 0) stop("QUERY_CLAUSE_UNSUPPORTED", undefined, "WITH inside a recursion");
  const query = reader.node(recursive["left"]);
  const step = { query: reader.node(recursive["right"]), all: recursive["union_all"] === true };
  return { name, columns, query, step, at: query.at };
}
