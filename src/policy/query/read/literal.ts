import { type At, stop } from "../refusal.ts";
import type { LiteralExpr, LiteralValue } from "../tree/expression.ts";
import { asNode, asText, type JsonNode, positionOf, readNode } from "./json.ts";

type ReadValue = (value: unknown, type: JsonNode, at: At) => LiteralValue;

const wholeForm = /^-?\d+$/;

/** A whole number of any length: beyond 53 bits the tree's parser keeps it as text, beyond 64 it is two halves. */
function whole(value: unknown, at: At): bigint {
  const text = typeof value === "number" || typeof value === "string" ? String(value) : "";
  if (wholeForm.test(text)) return BigInt(text);
  const halves = readNode(value, ["upper", "lower"]);
  const [upper, lower] = [String(halves["upper"]), String(halves["lower"])];
  if (wholeForm.test(upper) && wholeForm.test(lower)) return BigInt(upper) * 2n ** 64n + BigInt(lower);
  return stop("QUERY_LITERAL_UNSUPPORTED", at, "a number that cannot be read exactly");
}

const integer: ReadValue = (value, _type, at) => ({ type: "number", form: "integer", text: String(whole(value, at)) });

function readDecimal(value: unknown, type: JsonNode, at: At): LiteralValue {
  const scale = Number(asNode(type["type_info"])["scale"]);
  if (!Number.isSafeInteger(scale) || scale < 0 || scale > 38)
    return stop("QUERY_LITERAL_UNSUPPORTED", at, "a decimal number without a scale");
  const scaled = whole(value, at);
  const digits = String(scaled < 0n ? -scaled : scaled).padStart(scale + 1, "0");
  const front = digits.slice(0, digits.length - scale);
  const text = scale === 0 ? front : `${front}.${digits.slice(-scale)}`;
  return { type: "number", form: "decimal", text: scaled < 0n ? `-${text}` : text };
}

const readers: ReadonlyMap<string, ReadValue> = new Map<string, ReadValue>([
  ["BOOLEAN", (value) => ({ type: "boolean", value: value === true })],
  ["VARCHAR", (value) => ({ type: "text", value: asText(value) })],
  ["DOUBLE", (value) => ({ type: "number", form: "double", text: String(Number(value)) })],
  ["DECIMAL", readDecimal],
  ["INTEGER", integer],
  ["BIGINT", integer],
  ["HUGEINT", integer],
  ["UHUGEINT", integer],
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
