import { stop } from "../refusal.ts";
import { foldName } from "../schema.ts";
import { isNull, logic, not } from "../tree/make.ts";
import type { Written } from "../tree/statement.ts";
import { comparisons } from "./comparison.ts";
import { readFunction } from "./function.ts";
import { asList, asNode, asText, asTexts, type JsonNode, positionOf, readNode, startOf } from "./json.ts";
import { readArrow } from "./lambda.ts";
import { readLiteral } from "./literal.ts";
import type { Reader } from "./reader.ts";
import { readSlice } from "./slice.ts";
import { readColumns, readUnpacked } from "./star.ts";
import { readSubqueryExpression } from "./subquery.ts";
import { readType } from "./type.ts";
import { readWindow } from "./window.ts";

type ReadNode = (json: unknown, reader: Reader) => Written;

const base = ["class", "type", "alias", "query_location"];

const conjunctions: ReadonlyMap<string, "and" | "or"> = new Map([
  ["CONJUNCTION_AND", "and"],
  ["CONJUNCTION_OR", "or"],
]);

function unknownNode(node: JsonNode): never {
  return stop("QUERY_NODE_UNKNOWN", positionOf(node), describe(node));
}

const described: ReadonlyMap<string, string> = new Map([["PARAMETER", "a parameter"]]);

function describe(node: JsonNode): string {
  return described.get(String(node["class"])) ?? `the form ${String(node["type"])}`;
}

function readComparison(json: unknown, reader: Reader): Written {
  const node = readNode(json, [...base, "left", "right"]);
  const op = comparisons.get(asText(node["type"])) ?? unknownNode(node);
  const left = reader.expr(node["left"]);
  return { kind: "compare", op, left, right: reader.expr(node["right"]), at: startOf(node, left) };
}

function readBetween(json: unknown, reader: Reader): Written {
  const node = readNode(json, [...base, "input", "lower", "upper"]);
  if (node["type"] !== "COMPARE_BETWEEN") unknownNode(node);
  const arg = reader.expr(node["input"]);
  const at = startOf(node, arg);
  const low: Written = { kind: "compare", op: ">=", left: arg, right: reader.expr(node["lower"]), at };
  const high: Written = { kind: "compare", op: "<=", left: arg, right: reader.expr(node["upper"]), at };
  return logic("and", [low, high]);
}

function readConjunction(json: unknown, reader: Reader): Written {
  const node = readNode(json, [...base, "children"]);
  const op = conjunctions.get(asText(node["type"])) ?? unknownNode(node);
  return { kind: "logic", op, args: asList(node["children"]).map(reader.expr), at: positionOf(node) };
}

const operators: ReadonlyMap<string, (args: readonly Written[], at: number | undefined, first: Written) => Written> = new Map([
  ["OPERATOR_NOT", (_args, at, first): Written => ({ ...not(first), at })],
  ["OPERATOR_IS_NULL", (_args, at, first): Written => ({ ...isNull(first), at })],
  ["OPERATOR_IS_NOT_NULL", (_args, at, first): Written => ({ ...isNull(first, true), at })],
  ["COMPARE_IN", (args, at, first): Written => ({ kind: "in", negated: false, arg: first, list: args.slice(1), at })],
  ["COMPARE_NOT_IN", (args, at, first): Written => ({ kind: "in", negated: true, arg: first, list: args.slice(1), at })],
  ["OPERATOR_COALESCE", (args, at): Written => ({ kind: "call", fn: "coalesce", args, at })],
  ["ARRAY_EXTRACT", (args, at): Written => ({ kind: "call", fn: "[]", args, at })],
  ["ARRAY_CONSTRUCTOR", (args, at): Written => ({ kind: "call", fn: "list_value", args, at })],
  ["STRUCT_EXTRACT", (args, at): Written => ({ kind: "call", fn: ".", args, at })],
  ["OPERATOR_TRY", (args, at): Written => ({ kind: "call", fn: "try", args, at })],
  ["GROUPING_FUNCTION", (args, at): Written => ({ kind: "call", fn: "grouping", args, at })],
]);

function readOperator(json: unknown, reader: Reader): Written {
  const node = readNode(json, [...base, "children"]);
  if (node["type"] === "ARRAY_SLICE") return readSlice(node, reader);
  if (node["type"] === "OPERATOR_UNPACK") return readUnpacked(node, reader);
  const make = operators.get(asText(node["type"])) ?? unknownNode(node);
  const args = asList(node["children"]).map(reader.expr);
  const [first] = args;
  if (first === undefined) return unknownNode(node);
  // The engine gives COALESCE and some others no place of their own: their first operand's is the nearest.
  return make(args, startOf(node, first), first);
}

function readCase(json: unknown, reader: Reader): Written {
  const node = readNode(json, [...base, "case_checks", "else_expr"]);
  const branches = asList(node["case_checks"]).map((check) => {
    const branch = readNode(check, ["when_expr", "then_expr"]);
    return { when: reader.expr(branch["when_expr"]), result: reader.expr(branch["then_expr"]) };
  });
  return { kind: "case", branches, otherwise: reader.expr(node["else_expr"]), at: positionOf(node) };
}

function readCast(json: unknown, reader: Reader): Written {
  const node = readNode(json, [...base, "child", "cast_type", "try_cast"]);
  const arg = reader.expr(node["child"]);
  const at = positionOf(node) ?? arg.at;
  return { kind: "cast", arg, type: readType(node["cast_type"], at), lenient: node["try_cast"] === true, at };
}

function readColumn(json: unknown): Written {
  const node = readNode(json, [...base, "column_names"]);
  const at = positionOf(node);
  const parts = asTexts(node["column_names"]);
  const name = parts.at(-1) ?? stop("QUERY_UNREADABLE", at, "a column without a name");
  return { kind: "ref", ref: Object.freeze({ name, qualifier: parts.slice(0, -1) }), at };
}

/** `#2`: the second column of what stands in FROM. The engine writes such itself for `ARRAY(SELECT …)`. */
function readPlace(json: unknown): Written {
  const node = readNode(json, [...base, "index"]);
  const { index } = node;
  const at = positionOf(node);
  if (typeof index !== "number") return stop("QUERY_UNREADABLE", at, "a place that is no number");
  return { kind: "ref", ref: Object.freeze({ name: `#${index}`, qualifier: [], place: index }), at };
}

/** Collations that are the same wherever the engine runs. */
const collations: ReadonlySet<string> = new Set([
  "nocase",
  "noaccent",
  "nfc",
  "nocase.noaccent",
  "noaccent.nocase",
  "binary",
  "c",
]);

function readCollate(json: unknown, reader: Reader): Written {
  const node = readNode(json, [...base, "child", "collation"]);
  const arg = reader.expr(node["child"]);
  const name = foldName(asText(node["collation"]));
  const at = positionOf(node) ?? arg.at;
  if (!collations.has(name)) return stop("QUERY_CLAUSE_UNSUPPORTED", at, `the collation ${name}`);
  const collation: Written = { kind: "literal", value: { type: "text", value: name }, at };
  return { kind: "call", fn: "collate", args: [arg, collation], at };
}

/** One reader per class of the engine's tree; a class that is not here is refused by name. */
const readers: ReadonlyMap<string, ReadNode> = new Map<string, ReadNode>([
  ["COLUMN_REF", readColumn],
  ["CONSTANT", readLiteral],
  ["FUNCTION", readFunction],
  ["WINDOW", readWindow],
  ["COMPARISON", readComparison],
  ["BETWEEN", readBetween],
  ["CONJUNCTION", readConjunction],
  ["OPERATOR", readOperator],
  ["CASE", readCase],
  ["CAST", readCast],
  ["SUBQUERY", readSubqueryExpression],
  ["COLLATE", readCollate],
  ["LAMBDA", readArrow],
  ["STAR", readColumns],
  ["POSITIONAL_REFERENCE", readPlace],
]);

export function readExpression(json: unknown, reader: Reader): Written {
  const node = asNode(json);
  const read = readers.get(String(node["class"])) ?? unknownNode(node);
  return Object.freeze(read(node, reader));
}
