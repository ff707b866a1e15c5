import { stop } from "../refusal.ts";
import type { QueryTree } from "../tree/statement.ts";
import { asNode, mustBeUnset, readNode } from "./json.ts";
import type { Reader } from "./reader.ts";
import { readSelect } from "./select.ts";
import { readSetOperation } from "./set-operation.ts";

const readers: ReadonlyMap<unknown, (json: unknown, reader: Reader) => QueryTree> = new Map<
  unknown,
  (json: unknown, reader: Reader) => QueryTree
>([
  ["SELECT_NODE", readSelect],
  ["SET_OPERATION_NODE", readSetOperation],
]);

export function readQueryNode(json: unknown, reader: Reader): QueryTree {
  const { type } = asNode(json);
  const read = readers.get(type) ?? stop("QUERY_CLAUSE_UNSUPPORTED", undefined, `the query ${String(type)}`);
  return read(json, reader);
}

export function readQuery(json: unknown, reader: Reader): QueryTree {
  const statement = readNode(json, ["node", "named_param_map"]);
  mustBeUnset(statement, "named_param_map", "a named parameter", undefined);
  return readQueryNode(statement["node"], reader);
}
