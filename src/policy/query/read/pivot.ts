import { type At, stop } from "../refusal.ts";
import { literalText } from "../tree/literal-text.ts";
import type { FromTree, PivotEntry, UnpivotEntry, Written } from "../tree/statement.ts";
import { asList, asNode, asText, asTexts, type JsonNode, mustBeUnset, positionOf, readNode } from "./json.ts";
import { readLiteral } from "./literal.ts";
import { madeName } from "./made-name.ts";
import type { Reader } from "./reader.ts";
import { readStar } from "./star.ts";

const fields = [
  "type",
  "alias",
  "sample",
  "query_location",
  "source",
  "aggregates",
  "unpivot_names",
  "pivots",
  "groups",
  "column_name_alias",
  "include_nulls",
];
const entryFields = ["values", "star_expr", "alias"];

const dayMs = 86_400_000;

/** The engine compares keys by their texts. A constant date stands in the tree as days since 1970. */
function textOfValue(value: unknown, at: At): string | undefined {
  const { type, value: days } = asNode(value);
  if (asNode(type)["id"] === "DATE" && typeof days === "number" && Math.abs(days) < 700_000)
    return new Date(days * dayMs).toISOString().slice(0, 10);
  const literal = readLiteral({ class: "CONSTANT", type: "VALUE_CONSTANT", alias: "", query_location: at ?? -1, value }).value;
  if (literal.type === "null") return undefined;
  if (literal.type === "text") return literal.value;
  return literal.type === "boolean" ? String(literal.value) : literalText(literal);
}

function readPivotEntry(json: unknown, at: At): PivotEntry {
  const node = readNode(json, entryFields);
  mustBeUnset(node, "star_expr", "PIVOT by what is no constant", at);
  const values = asList(node["values"]).map((value) => textOfValue(value, at));
  const alias = asText(node["alias"]);
  return { values, name: alias === "" ? values.map((value) => value ?? "NULL").join("_") : alias };
}

function namedColumn(name: string, at: At): Written {
  return { kind: "ref", ref: Object.freeze({ name, qualifier: [] }), at };
}

function readUnpivotEntry(json: unknown, at: At, reader: Reader): UnpivotEntry {
  const node = readNode(json, entryFields);
  const alias = asText(node["alias"]);
  const name = alias === "" ? undefined : alias;
  const star = node["star_expr"];
  if (star === null || star === undefined) {
    const exprs = asList(node["values"]).map((value) => namedColumn(textOfValue(value, at) ?? "", at));
    return { kind: "columns", exprs, name };
  }
  if (asNode(star)["class"] === "STAR") return { kind: "star", star: readStar(star, reader) };
  return { kind: "columns", exprs: [reader.expr(star)], name };
}

function columnFields(json: unknown): JsonNode {
  const node = readNode(json, ["pivot_expressions", "unpivot_names", "entries", "pivot_enum"]);
  mustBeUnset(node, "pivot_enum", "PIVOT by the values of a type", undefined);
  return node;
}

/** PIVOT and UNPIVOT, as statements and behind a table: the engine has one node for them all. */
export function readPivot(json: unknown, reader: Reader, readFrom: (json: unknown, reader: Reader) => FromTree): FromTree {
  const node = readNode(json, fields);
  const at = positionOf(node);
  const alias = asText(node["alias"]);
  const shared = {
    source: readFrom(node["source"], reader),
    alias: alias === "" ? undefined : alias,
    columns: asTexts(node["column_name_alias"]),
    at,
  };
  const columns = asList(node["pivots"]).map(columnFields);
  const values = asTexts(node["unpivot_names"]);
  if (values.length === 0) {
    const pivots = columns.map((column) => ({
      keys: asList(column["pivot_expressions"]).map(reader.expr),
      entries: asList(column["entries"]).map((entry) => readPivotEntry(entry, at)),
    }));
    const aggregates = asList(node["aggregates"]).map((aggregate) => {
      const own = asText(asNode(aggregate)["alias"]);
      return { expr: reader.expr(aggregate), name: own === "" ? undefined : own, made: madeName(aggregate) };
    });
    const several = aggregates.length > 1;
    const named = aggregates.map(({ expr, name, made }) => ({
      expr,
      name: name ?? (several ? (made ?? unnamed(at)) : undefined),
    }));
    return { kind: "pivot", ...shared, aggregates: named, pivots, groups: asTexts(node["groups"]) };
  }
  const [only, ...more] = columns;
  const [name] = only === undefined ? [] : asTexts(only["unpivot_names"]);
  if (only === undefined || name === undefined || more.length > 0)
    return stop("QUERY_UNREADABLE", at, "an UNPIVOT of no columns");
  const entries = asList(only["entries"]).map((entry) => readUnpivotEntry(entry, at, reader));
  // The engine forgets to leave missing values out where the columns are named anew.
  if (shared.columns.length > 0 && node["include_nulls"] !== true)
    stop("QUERY_CLAUSE_UNSUPPORTED", at, "UNPIVOT under new names of columns", "Name it only, AS p, or write INCLUDE NULLS.");
  return { kind: "unpivot", ...shared, name, values, entries, includeNulls: node["include_nulls"] === true };
}

function unnamed(at: At): never {
  return stop(
    "QUERY_CLAUSE_UNSUPPORTED",
    at,
    "PIVOT with several aggregates without names",
    "Give each an alias: USING sum(x) AS s.",
  );
}
