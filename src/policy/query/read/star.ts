import { type At, stop } from "../refusal.ts";
import type { StarChoice, StarTree, Written, WrittenName } from "../tree/statement.ts";
import { asList, asNode, asText, asTexts, type JsonNode, mustBeUnset, positionOf, readNode } from "./json.ts";
import type { Reader } from "./reader.ts";

export const starFields = [
  "class",
  "type",
  "alias",
  "query_location",
  "columns",
  "relation_name",
  "exclude_list",
  "replace_list",
  "expr",
  "qualified_exclude_list",
  "rename_list",
];

/** The parameter of a test that the parser writes around the star itself, as in `* LIKE 'a%'`; nobody can write this name. */
const starName = "*";

function readQualified(json: unknown, at: At): WrittenName {
  const node = readNode(json, ["catalog", "schema", "table", "column"]);
  mustBeUnset(node, "catalog", "a column of another catalogue", at);
  const qualifier = ["schema", "table"].map((field) => asText(node[field] ?? "")).filter((name) => name !== "");
  return { name: asText(node["column"]), qualifier };
}

function textOf(expr: Written): string | undefined {
  return expr.kind === "literal" && expr.value.type === "text" ? expr.value.value : undefined;
}

/** What COLUMNS(…) holds: a pattern, a list of names, or a lambda that the parser puts into `list_filter(*, …)`. */
function readChoice(json: unknown, at: At, reader: Reader): StarChoice {
  const node = asNode(json);
  const name = node["class"] === "FUNCTION" ? asText(node["function_name"]) : "";
  const [first, second] = name === "" ? [] : asList(node["children"]);
  if (name === "list_filter" && asNode(first)["class"] === "STAR") {
    const lambda = readNode(second, ["class", "type", "alias", "query_location", "lhs", "expr", "syntax_type"]);
    const [parameter, ...more] = asTexts(asNode(lambda["lhs"])["column_names"]);
    if (parameter === undefined || more.length > 0) return stop("QUERY_UNREADABLE", at, "a parameter of a lambda");
    return { kind: "test", parameter, test: reader.expr(lambda["expr"]) };
  }
  const expr = reader.expr(json);
  const pattern = textOf(expr);
  if (pattern !== undefined) return { kind: "pattern", pattern };
  const texts = expr.kind === "call" && expr.fn === "list_value" ? expr.args.map(textOf) : [undefined];
  const names = texts.filter((text) => text !== undefined);
  if (names.length < texts.length || names.length === 0)
    return stop(
      "QUERY_CLAUSE_UNSUPPORTED",
      at,
      "COLUMNS of what is no constant",
      "Write the names, a pattern or a lambda into it.",
    );
  return { kind: "list", names };
}

export function readStar(json: unknown, reader: Reader): StarTree {
  const node = readNode(json, starFields);
  const at = positionOf(node);
  const table = asText(node["relation_name"]);
  const plain = asTexts(node["exclude_list"] ?? []).map((name) => ({ name, qualifier: [] }));
  const qualified = asList(node["qualified_exclude_list"] ?? []).map((item) => readQualified(item, at));
  const rename = asList(node["rename_list"] ?? []).map((item) => {
    const entry = readNode(item, ["key", "value"]);
    return { from: readQualified(entry["key"], at), to: asText(entry["value"]) };
  });
  const replace = asList(node["replace_list"] ?? []).map((item) => {
    const entry = readNode(item, ["key", "value"]);
    return { name: asText(entry["key"]), expr: reader.expr(entry["value"]) };
  });
  const choice = node["expr"] === null || node["expr"] === undefined ? undefined : readChoice(node["expr"], at, reader);
  return { table: table === "" ? undefined : table, exclude: [...plain, ...qualified], replace, rename, choice, at };
}

/** COLUMNS(…) inside an expression, which stands for several expressions. */
export function readColumns(json: unknown, reader: Reader): Written {
  const star = readStar(json, reader);
  return { kind: "ref", ref: Object.freeze({ name: "COLUMNS", qualifier: [], star }), at: star.at };
}

/** `*COLUMNS(…)`: all of its columns as arguments in this place. */
export function readUnpacked(node: JsonNode, reader: Reader): Written {
  const [only] = asList(node["children"]);
  const star = readStar(only, reader);
  return { kind: "ref", ref: Object.freeze({ name: "COLUMNS", qualifier: [], star, unpack: true }), at: star.at };
}

/** `* LIKE 'a%'`, `* SIMILAR TO 'a.*'`: the parser writes a function of a star. */
export function readTestedStar(node: JsonNode, reader: Reader): StarTree | undefined {
  const [first] = node["class"] === "FUNCTION" ? asList(node["children"]) : [];
  if (first === undefined || asNode(first)["class"] !== "STAR" || asNode(first)["columns"] === true) return undefined;
  const reference = { class: "COLUMN_REF", type: "COLUMN_REF", alias: "", column_names: [starName] };
  const test = reader.expr({ ...node, children: [reference, ...asList(node["children"]).slice(1)] });
  return { ...readStar(first, reader), choice: { kind: "test", parameter: starName, test } };
}
