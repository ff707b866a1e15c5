import { stop } from "../refusal.ts";
import type { CompareOp, Expr } from "../tree/expression.ts";
import { isNull, logic, not } from "../tree/make.ts";
import type { WrittenName } from "../tree/statement.ts";
import { readFunction } from "./function.ts";
import { asList, asNode, asText, asTexts, type JsonNode, positionOf, readNode } from "./json.ts";
import { readLiteral } from "./literal.ts";
import { readType } from "./type.ts";
import { readWindow } from "./window.ts";

export type Written = Expr<WrittenName>;
export type ReadExpr = (json: unknown) => Written;

const base = ["class", "type", "alias", "query_location"];

const comparisons: ReadonlyMap<string, CompareOp> = new Map<string, CompareOp>([
  ["COMPARE_EQUAL", "="],
  ["COMPARE_NOTEQUAL", "<>"],
  ["COMPARE_LESSTHAN", "<"],
  ["COMPARE_LESSTHANOREQUALTO", "<="],
  ["COMPARE_GREATERTHAN", ">"],
  ["COMPARE_GREATERTHANOREQUALTO", ">="],
  ["COMPARE_DISTINCT_FROM", "distinct"],
  ["COMPARE_NOT_DISTINCT_FROM", "not-distinct"],
]);

const conjunctions: ReadonlyMap<string, "and" | "or"> = new Map([
  ["CONJUNCTION_AND", "and"],
  ["CONJUNCTION_OR", "or"],
]);

function unknownNode(node: JsonNode): never {
  return stop("QUERY_NODE_UNKNOWN", positionOf(node), describe(node));
}

const described: ReadonlyMap<string, string> = new Map([
  ["SUBQUERY", "a subquery inside an expression"],
  ["LAMBDA", "a lambda"],
  ["STAR", "a star or COLUMNS() inside an expression"],
  ["PARAMETER", "a parameter"],
  ["POSITIONAL_REFERENCE", "a positional reference"],
]);

function describe(node: JsonNode): string {
  return described.get(String(node["class"])) ?? `the form ${String(node["type"])}`;
}

function readComparison(json: unknown): Written {
  const node = readNode(json, [...base, "left", "right"]);
  const op = comparisons.get(asText(node["type"])) ?? unknownNode(node);
  return { kind: "compare", op, left: readExpression(node["left"]), right: readExpression(node["right"]), at: positionOf(node) };
}

function readBetween(json: unknown): Written {
  const node = readNode(json, [...base, "input", "lower", "upper"]);
  if (node["type"] !== "COMPARE_BETWEEN") unknownNode(node);
  const arg = readExpression(node["input"]);
  const at = positionOf(node);
  const low: Written = { kind: "compare", op: ">=", left: arg, right: readExpression(node["lower"]), at };
  const high: Written = { kind: "compare", op: "<=", left: arg, right: readExpression(node["upper"]), at };
  return logic("and", [low, high]);
}

function readConjunction(json: unknown): Written {
  const node = readNode(json, [...base, "children"]);
  const op = conjunctions.get(asText(node["type"])) ?? unknownNode(node);
  return { kind: "logic", op, args: asList(node["children"]).map(readExpression), at: positionOf(node) };
}

const operators: ReadonlyMap<string, (args: readonly Written[], at: number | undefined, first: Written) => Written> = new Map([
  ["OPERATOR_NOT", (_args, at, first): Written => ({ ...not(first), at })],
  ["OPERATOR_IS_NULL", (_args, at, first): Written => ({ ...isNull(first), at })],
  ["OPERATOR_IS_NOT_NULL", (_args, at, first): Written => ({ ...isNull(first, true), at })],
  ["COMPARE_IN", (args, at, first): Written => ({ kind: "in", negated: false, arg: first, list: args.slice(1), at })],
  ["COMPARE_NOT_IN", (args, at, first): Written => ({ kind: "in", negated: true, arg: first, list: args.slice(1), at })],
  ["OPERATOR_COALESCE", (args, at): Written => ({ kind: "call", fn: "coalesce", args, at })],
]);

function readOperator(json: unknown): Written {
  const node = readNode(json, [...base, "children"]);
  const make = operators.get(asText(node["type"])) ?? unknownNode(node);
  const args = asList(node["children"]).map(readExpression);
  const [first] = args;
  if (first === undefined) return unknownNode(node);
  // The engine gives COALESCE and some others no place of their own: their first operand's is the nearest.
  return make(args, positionOf(node) ?? first.at, first);
}

function readCase(json: unknown): Written {
  const node = readNode(json, [...base, "case_checks", "else_expr"]);
  const branches = asList(node["case_checks"]).map((check) => {
    const branch = readNode(check, ["when_expr", "then_expr"]);
    return { when: readExpression(branch["when_expr"]), result: readExpression(branch["then_expr"]) };
  });
  return { kind: "case", branches, otherwise: readExpression(node["else_expr"]), at: positionOf(node) };
}

function readCast(json: unknown): Written {
  const node = readNode(json, [...base, "child", "cast_type", "try_cast"]);
  const arg = readExpression(node["child"]);
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

/** One reader per class of the engine's tree; a class that is not here is refused by name. */
const readers: ReadonlyMap<string, ReadExpr> = new Map<string, ReadExpr>([
  ["COLUMN_REF", readColumn],
  ["CONSTANT", readLiteral],
  ["FUNCTION", (json) => readFunction(json, readExpression)],
  ["WINDOW", (json) => readWindow(json, readExpression)],
  ["COMPARISON", readComparison],
  ["BETWEEN", readBetween],
  ["CONJUNCTION", readConjunction],
  ["OPERATOR", readOperator],
  ["CASE", readCase],
  ["CAST", readCast],
]);

export function readExpression(json: unknown): Written {
  const node = asNode(json);
  const read = readers.get(String(node["class"])) ?? unknownNode(node);
  return Object.freeze(read(node));
}
