import { unlistedAdvice } from "../advice/unlisted-advice.ts";
import {
  byAggregate,
  type FunctionEntry,
  findFunction,
  lambdaFunctions,
  namedArguments,
  refusedFunctions,
  whyRefused,
} from "../catalogue/index.ts";
import { type At, stop } from "../refusal.ts";
import { foldName } from "../schema.ts";
import type { Written } from "../tree/statement.ts";
import { asList, asNode, asText, type JsonNode, mustBeUnset, positionOf, readNode, startOf } from "./json.ts";
import { readLambda } from "./lambda.ts";
import { readOrder } from "./order.ts";
import type { Reader } from "./reader.ts";

const fields = [
  "class",
  "type",
  "alias",
  "query_location",
  "function_name",
  "schema",
  "children",
  "filter",
  "order_bys",
  "distinct",
  "is_operator",
  "export_state",
  "catalog",
];

/** Name of a function of the catalogue; the parser writes the schema `main` itself for EXTRACT and the like. */
export function readFunctionName(node: JsonNode): string {
  const schema = asText(node["schema"]);
  if (schema !== "" && schema !== "main")
    stop("QUERY_FUNCTION_NOT_LISTED", positionOf(node), `a function of the schema ${schema}`);
  mustBeUnset(node, "catalog", "a function of another catalogue");
  return foldName(asText(node["function_name"]));
}

/** Forms have syntax of their own; nobody calls them by their names in the tree. */
function isCallable({ syntax }: FunctionEntry): boolean {
  return syntax === "call" || syntax === "infix" || syntax === "postfix";
}

export function readFunctionNode(json: unknown): JsonNode {
  return readNode(json, fields);
}

export function readFunction(json: unknown, reader: Reader): Written {
  const node = readFunctionNode(json);
  const at = positionOf(node);
  const fn = readFunctionName(node);
  mustBeUnset(node, "export_state", "EXPORT_STATE");
  const entry = findFunction(fn);
  if (entry === undefined || entry.kind === "window" || !isCallable(entry))
    return stop("QUERY_FUNCTION_NOT_LISTED", at, `the function ${fn}${whyRefused(fn, refusedFunctions)}`, unlistedAdvice(fn));
  const children = asList(node["children"]).map(asNode);
  const args = children.map((child) =>
    child["class"] === "LAMBDA" && lambdaFunctions.has(fn) ? readLambda(child, reader) : reader.expr(child),
  );
  const names = namesOf(fn, children, at);
  if (byAggregate.has(fn)) mustNameAggregate(fn, args[1], at);
  const order = asList(asNode(node["order_bys"])["orders"]).map((item) => readOrder(item, reader));
  const filter = node["filter"] === null ? undefined : reader.expr(node["filter"]);
  const distinct = node["distinct"] === true;
  if (args.length < entry.arity[0] || args.length > entry.arity[1]) {
    return stop("QUERY_FUNCTION_NOT_LISTED", at, `the function ${fn} with ${args.length} arguments`);
  }
  if (entry.kind === "aggregate") return { kind: "aggregate", fn, args, distinct, filter, order, at };
  if (distinct || filter !== undefined || order.length > 0) return onlyAggregates(fn, at);
  return { kind: "call", fn, args, names, at: startOf(node, ...args.slice(0, 1)) };
}

/** `list_aggregate(l, 'sum')`: the name must be one that stands in the catalogue as an aggregate. */
function mustNameAggregate(fn: string, named: Written | undefined, at: At): void {
  const name = named?.kind === "literal" && named.value.type === "text" ? foldName(named.value.value) : "";
  if (findFunction(name)?.kind !== "aggregate")
    stop("QUERY_FUNCTION_NOT_LISTED", at, `${fn} by what names no aggregate of the catalogue`);
}

/** Names that arguments are given, as in `struct_pack(a := 1)`; most functions take none. */
function namesOf(fn: string, children: readonly JsonNode[], at: At): readonly (string | undefined)[] | undefined {
  const names = children.map((child) => asText(child["alias"])).map((name) => (name === "" ? undefined : name));
  if (names.every((name) => name === undefined)) return undefined;
  return namedArguments.has(fn) ? names : stop("QUERY_CLAUSE_UNSUPPORTED", at, `a named argument of ${fn}`);
}

function onlyAggregates(fn: string, at: At): never {
  return stop("QUERY_CLAUSE_UNSUPPORTED", at, `DISTINCT, FILTER or ORDER BY on ${fn}, which is no aggregate`);
}
