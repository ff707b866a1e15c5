import { refusedTableFunctions, tableFunctions, whyRefused } from "../catalogue/index.ts";
import { type At, stop } from "../refusal.ts";
import type { FromTree, JoinKind } from "../tree/statement.ts";
import { readFunctionName, readFunctionNode } from "./function.ts";
import { asList, asNode, asText, asTexts, mustBeUnset, positionOf, readNode } from "./json.ts";
import { readPivot } from "./pivot.ts";
import type { Reader } from "./reader.ts";

type ReadFrom = (json: unknown, reader: Reader) => FromTree;

const base = ["type", "alias", "sample", "query_location"];

function aliasOf(value: unknown): string | undefined {
  const text = asText(value);
  return text === "" ? undefined : text;
}

const readNothing: ReadFrom = (json) => {
  return { kind: "none", at: positionOf(readNode(json, base)) };
};

const readTable: ReadFrom = (json) => {
  const node = readNode(json, [...base, "schema_name", "table_name", "column_name_alias", "catalog_name", "at_clause"]);
  const at = positionOf(node);
  const name = asText(node["table_name"]);
  mustBeUnset(node, "at_clause", "a table AT a time");
  // Another schema or catalogue is answered like any name that the agreement does not have.
  const schema = asText(node["schema_name"]);
  if (asText(node["catalog_name"]) !== "" || !["", "main", "recurring"].includes(schema)) {
    return stop("QUERY_NAME_UNKNOWN", at, `the table ${name}`);
  }
  return {
    kind: "table",
    name,
    recurring: schema === "recurring",
    alias: aliasOf(node["alias"]),
    columns: asTexts(node["column_name_alias"]),
    at,
  };
};

const readSubquery: ReadFrom = (json, reader) => {
  const node = readNode(json, [...base, "subquery", "column_name_alias"]);
  const query = reader.query(node["subquery"]);
  return { kind: "query", query, alias: aliasOf(node["alias"]), columns: asTexts(node["column_name_alias"]), at: query.at };
};

const readValues: ReadFrom = (json, reader) => {
  const node = readNode(json, [...base, "expected_names", "expected_types", "values", "column_name_alias"]);
  const rows = asList(node["values"]).map((row) => asList(row).map(reader.expr));
  return {
    kind: "values",
    rows,
    alias: aliasOf(node["alias"]),
    columns: asTexts(node["expected_names"] ?? []),
    at: positionOf(node),
  };
};

const readTableFunction: ReadFrom = (json, reader) => {
  const node = readNode(json, [...base, "function", "column_name_alias", "with_ordinality"]);
  const call = readFunctionNode(node["function"]);
  const at = positionOf(node) ?? positionOf(call);
  const fn = readFunctionName(call);
  const why = whyRefused(fn, refusedTableFunctions);
  const given =
    tableFunctions.get(fn) ?? stop("QUERY_FUNCTION_NOT_LISTED", at, `the table function ${fn}${why}`, tableFunctionAdvice);
  for (const [field, what] of plainCall) mustBeUnset(call, field, what, at);
  const args = asList(call["children"]).map((arg) => {
    mustBeUnset(asNode(arg), "alias", "a named argument", at);
    return reader.expr(arg);
  });
  const ordinality = node["with_ordinality"] === "WITH_ORDINALITY";
  return {
    kind: "function",
    fn,
    given,
    args,
    ordinality,
    alias: aliasOf(node["alias"]),
    columns: asTexts(node["column_name_alias"]),
    at,
  };
};

const plainCall = [
  ["filter", "FILTER on a table function"],
  ["distinct", "DISTINCT in a table function"],
  ["export_state", "EXPORT_STATE"],
] as const;

/** Files, settings and the catalogue are reached by functions in FROM. */
const tableFunctionAdvice =
  "Name a table of the agreement's schema; range, generate_series and unnest are the functions that FROM takes.";

const joins: ReadonlyMap<string, JoinKind> = new Map([
  ["REGULAR INNER", "inner"],
  ["REGULAR LEFT", "left"],
  ["REGULAR RIGHT", "right"],
  ["REGULAR FULL", "full"],
  ["CROSS INNER", "cross"],
  ["REGULAR SEMI", "semi"],
  ["REGULAR ANTI", "anti"],
  ["ASOF INNER", "asof"],
  ["ASOF LEFT", "asof-left"],
  ["ASOF RIGHT", "asof-right"],
  ["ASOF FULL", "asof-full"],
  ["POSITIONAL INNER", "positional"],
]);

const readJoin: ReadFrom = (json, reader) => {
  const fields = [
    "left",
    "right",
    "condition",
    "join_type",
    "ref_type",
    "using_columns",
    "delim_flipped",
    "duplicate_eliminated_columns",
  ];
  const node = readNode(json, [...base, ...fields]);
  const left = readFrom(node["left"], reader);
  const right = readFrom(node["right"], reader);
  const at = positionOf(node) ?? right.at;
  const type = asText(node["ref_type"]);
  const natural = type === "NATURAL";
  const kind = `${natural ? "REGULAR" : type} ${asText(node["join_type"])}`;
  mustBeUnset(node, "delim_flipped", "a flipped join", at);
  mustBeUnset(node, "duplicate_eliminated_columns", "a deduplicating join", at);
  const join = joins.get(kind) ?? stop("QUERY_JOIN_KIND", at, `a ${kind.replace("REGULAR ", "")} join`);
  const on = node["condition"] === null ? undefined : reader.expr(node["condition"]);
  return { kind: "join", join, left, right, on, using: asTexts(node["using_columns"]), natural, at };
};

const readers: ReadonlyMap<string, ReadFrom> = new Map<string, ReadFrom>([
  ["EMPTY", readNothing],
  ["BASE_TABLE", readTable],
  ["SUBQUERY", readSubquery],
  ["EXPRESSION_LIST", readValues],
  ["JOIN", readJoin],
  ["TABLE_FUNCTION", readTableFunction],
  ["PIVOT", (json, reader) => readPivot(json, reader, readFrom)],
]);

const described: ReadonlyMap<string, string> = new Map([["SHOW_REF", "SHOW, DESCRIBE or SUMMARIZE"]]);

/** These ask the engine's own catalogue and its guesses, not the agreement's tables. */
function refuseShow(type: string, at: At): never {
  if (type === "SUMMARY")
    return stop(
      "QUERY_CLAUSE_UNSUPPORTED",
      at,
      "SUMMARIZE",
      "Write the figures: min(COLUMNS(*)), max(COLUMNS(*)), count(DISTINCT COLUMNS(*)).",
    );
  return stop("QUERY_CLAUSE_UNSUPPORTED", at, "SHOW or DESCRIBE", "Look tables and columns up in the agreement's schema.");
}

export function readFrom(json: unknown, reader: Reader): FromTree {
  const node = asNode(json);
  const type = String(node["type"]);
  const at = positionOf(node);
  if (node["sample"] !== null) return stop("QUERY_ROW_CHOICE", at, "TABLESAMPLE, which takes rows by chance");
  if (type === "SHOW_REF") return refuseShow(asText(node["show_type"]), at);
  const read = readers.get(type);
  if (read === undefined) return stop("QUERY_NODE_UNKNOWN", at, `${described.get(type) ?? type} in FROM`);
  return Object.freeze(read(node, reader));
}
