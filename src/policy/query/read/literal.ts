import { type At, stop } from "../refusal.ts";
import type { LiteralExpr, LiteralValue } from "../tree/expression.ts";
import { asNode, asText, type JsonNode, positionOf, readNode } from "./json.ts";

type ReadValue = (value: unknown, type: JsonNode, at: At) => LiteralValue;

/** Greater integers lose digits on their way through JSON, so they are refused instead of changed. */
function safeInteger(value: unknown, at: At): number {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  return stop("QUERY_LITERAL_UNSUPPORTED", at, "a number of more than 15 digits");
}

const integer: ReadValue = (value, _type, at) => ({ type: "number", form: "integer", text: String(safeInteger(value, at)) });

function readDecimal(value: unknown, type: JsonNode, at: At): LiteralValue {
  const scale = Number(asNode(type["type_info"])["scale"]);
  const scaled = safeInteger(value, at);
  const digits = String(Math.abs(scaled)).padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  const text = scale === 0 ? whole : `${whole}.${digits.slice(-scale)}`;
  return { type: "number", form: "decimal", text: scaled < 0 ? `-${text}` : text };
}

const readers: ReadonlyMap<string, ReadValue> = new Map<string, ReadValue>([
  ["BOOLEAN", (value) => ({ type: "boolean", value: value === true })],
  ["VARCHAR", (value) => ({ type: "text", value: asText(value) })],
  ["DOUBLE", (value) => ({ type: "number", form: "double", text: String(Number(value)) })],
  ["DECIMAL", readDecimal],
  ["INTEGER", integer],
  ["BIGINT", integer],
]);

export function readLiteral(json: unknown): LiteralExpr {
  const node = readNode(json, ["class", "type", "alias", "query_location", "value"]);
  const at = positionOf(node);
  const value = readNode(node["value"], ["type", "is_null", "value"]);
  const type = asNode(value["type"]);
  if (value["is_null"] === true) return Object.freeze<LiteralExpr>({ kind: "literal", value: { type: "null" }, at });
  const read = readers.get(asText(type["id"]));
  if (read === undefined) return stop("QUERY_LITERAL_UNSUPPORTED", at, `a literal of type ${asText(type["id"])}`);
  return Object.freeze<LiteralExpr>({ kind: "literal", value: Object.freeze(read(value["value"], type, at)), at });
}
