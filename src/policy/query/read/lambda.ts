import { stop } from "../refusal.ts";
import type { Written } from "../tree/statement.ts";
import { asList, asNode, asText, asTexts, positionOf, readNode } from "./json.ts";
import type { Reader } from "./reader.ts";

const fields = ["class", "type", "alias", "query_location", "lhs", "expr", "syntax_type"];

/**
 * `json -> path`: where no function takes a lambda, the arrow takes a value out of JSON, and `json_extract` is its other
 * name. The parser cannot tell the two.
 */
export function readArrow(json: unknown, reader: Reader): Written {
  const node = readNode(json, fields);
  const args = [reader.expr(node["lhs"]), reader.expr(node["expr"])];
  return { kind: "call", fn: "json_extract", args, at: positionOf(node) };
}

/** `x -> …` and `lambda x, y: …`: the engine writes several parameters as a row of columns. */
export function readLambda(json: unknown, reader: Reader): Written {
  const node = readNode(json, fields);
  const at = positionOf(node);
  const left = asNode(node["lhs"]);
  const columns = left["class"] === "FUNCTION" && asText(left["function_name"]) === "row" ? asList(left["children"]) : [left];
  const parameters = columns.map((column) => {
    const [name, ...more] = asTexts(asNode(column)["column_names"]);
    return name === undefined || more.length > 0 ? stop("QUERY_UNREADABLE", at, "a parameter of a lambda") : name;
  });
  return { kind: "lambda", parameters, body: reader.expr(node["expr"]), at };
}
