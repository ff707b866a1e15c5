import { stop } from "../refusal.ts";
import type { QueryTree } from "../tree/statement.ts";
import { readExpression } from "./expression.ts";
import { asList, asNode, parseTree } from "./json.ts";
import { readQuery, readQueryNode } from "./query.ts";
import type { Reader } from "./reader.ts";

const reader: Reader = Object.freeze<Reader>({
  expr: (json) => readExpression(json, reader),
  query: (json) => readQuery(json, reader),
  node: (json) => readQueryNode(json, reader),
});

/** Reads the engine's tree of one statement into the platform's own; everything not listed is refused by name and place. */
export function readStatement(ast: string): QueryTree {
  const root = asNode(parseTree(ast));
  if (root["error"] !== false) return stop("QUERY_NOT_ONE_SELECT", undefined, "something that is not a SELECT statement");
  const [statement, ...more] = asList(root["statements"]);
  if (statement === undefined || more.length > 0) return stop("QUERY_NOT_ONE_SELECT", undefined, "not exactly one statement");
  return reader.query(statement);
}
