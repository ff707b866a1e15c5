import { stop } from "../refusal.ts";
import type { CompareOp, SubqueryForm } from "../tree/expression.ts";
import type { QueryTree, Written, WrittenName } from "../tree/statement.ts";
import { comparisons } from "./comparison.ts";
import { asText, type JsonNode, positionOf, readNode, startOf } from "./json.ts";
import type { Reader } from "./reader.ts";

type Form = SubqueryForm<WrittenName, QueryTree>;

const fields = ["class", "type", "alias", "query_location", "subquery_type", "subquery", "child", "comparison_type"];

const forms: ReadonlyMap<string, (node: JsonNode, reader: Reader) => Form> = new Map<string, (n: JsonNode, r: Reader) => Form>([
  ["SCALAR", () => ({ kind: "scalar" })],
  ["EXISTS", () => ({ kind: "exists" })],
  ["ANY", (node, reader) => ({ kind: "any", op: comparisonOf(node), arg: reader.expr(node["child"]) })],
]);

function comparisonOf(node: JsonNode): CompareOp {
  const name = asText(node["comparison_type"]);
  return comparisons.get(name) ?? stop("QUERY_NODE_UNKNOWN", positionOf(node), `${name} with ANY or ALL`);
}

/** `(SELECT …)`, `EXISTS (SELECT …)`, `x IN (SELECT …)`, `x > ANY (SELECT …)`; the engine itself writes ALL as NOT … ANY. */
export function readSubqueryExpression(json: unknown, reader: Reader): Written {
  const node = readNode(json, fields);
  const at = positionOf(node);
  const type = asText(node["subquery_type"]);
  const form = forms.get(type) ?? stop("QUERY_NODE_UNKNOWN", at, `a subquery of the kind ${type}`);
  const read = Object.freeze(form(node, reader));
  const start = read.kind === "any" ? startOf(node, read.arg) : at;
  return { kind: "subquery", form: read, query: reader.query(node["subquery"]), at: start };
}
