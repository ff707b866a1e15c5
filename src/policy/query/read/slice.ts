import type { Written } from "../tree/statement.ts";
import { asList, asNode, type JsonNode } from "./json.ts";
import type { Reader } from "./reader.ts";

/** What the places in `l[from:to:step]` are called in our tree, where some may be missing. */
const roles = [undefined, "from", "to", "step"] as const;

/** The parser marks a bound that is not written by an empty list, which nobody can write there. */
function isOpen(json: unknown): boolean {
  const node = asNode(json);
  const value = node["class"] === "CONSTANT" ? asNode(node["value"]) : {};
  return value["is_null"] === false && asNode(value["type"])["id"] === "LIST";
}

/** `l[2:]`, `l[:3]`, `l[1:-:2]`: the call carries only the bounds that are there, by name. */
export function readSlice(node: JsonNode, reader: Reader): Written {
  const written = asList(node["children"]).flatMap((child, i) => (isOpen(child) ? [] : [{ child, role: roles[i] }]));
  const args = written.map(({ child }) => reader.expr(child));
  return { kind: "call", fn: "[:]", args, names: written.map(({ role }) => role), at: args[0]?.at };
}
