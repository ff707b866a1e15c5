import { type At, stop } from "../refusal.ts";

/** A node of the engine's tree, not yet believed. */
export type JsonNode = Readonly<Record<string, unknown>>;

/** Bytes of tree that one statement may have; a 64 KiB statement makes a few megabytes. */
const maxTreeCharacters = 16 * 1024 * 1024;
/** Brackets within brackets; bounds every recursion after it, so that depth is a refusal and never a stack overflow. */
const maxTreeDepth = 400;

/** Whole numbers beyond 53 bits stay texts, for a number would lose their last digits. */
function parseWholeNumbers(text: string): unknown {
  return JSON.parse(text, (_key, value, { source }) =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? source : value,
  );
}

/** Parses the engine's tree within bounds; what cannot be parsed is refused. */
export function parseTree(text: string, parse: (text: string) => unknown = parseWholeNumbers): unknown {
  if (text.length > maxTreeCharacters) stop("QUERY_TOO_LARGE", undefined, "the statement's tree is too large");
  if (bracketDepth(text) > maxTreeDepth) stop("QUERY_TOO_DEEP", undefined, "the statement nests too deeply");
  try {
    return parse(text);
  } catch {
    return stop("QUERY_UNREADABLE", undefined, "a tree that is not JSON");
  }
}

function bracketDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const c = text[i];
    if (quoted) {
      if (c === "\\") i += 1;
      else if (c === '"') quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === "{" || c === "[") deepest = Math.max(deepest, ++depth);
    else if (c === "}" || c === "]") depth -= 1;
  }
  return deepest;
}

export function asNode(value: unknown): JsonNode {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return stop("QUERY_UNREADABLE", undefined, "not a node");
  return value as JsonNode;
}

/** A node all of whose fields are known: a field that a new engine adds must not pass unread. */
export function readNode(value: unknown, fields: readonly string[]): JsonNode {
  const node = asNode(value);
  const unknown = Object.keys(node).find((key) => !fields.includes(key));
  if (unknown !== undefined) stop("QUERY_UNREADABLE", positionOf(node), `an unknown field ${unknown}`);
  return node;
}

export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : stop("QUERY_UNREADABLE", undefined, "not a list");
}

export function asText(value: unknown): string {
  return typeof value === "string" ? value : stop("QUERY_UNREADABLE", undefined, "not a text");
}

export function asTexts(value: unknown): readonly string[] {
  return asList(value).map(asText);
}

/** The byte offset of a node; the engine writes 2^64 − 1 where the text has no such place. */
export function positionOf(node: JsonNode): At {
  const offset = node["query_location"];
  return typeof offset === "number" && Number.isSafeInteger(offset) && offset >= 0 ? offset : undefined;
}

/** Where an expression begins: the engine places an operator at its sign, which stands behind the first operand. */
export function startOf(node: JsonNode, ...operands: readonly { readonly at: At }[]): At {
  const places = [positionOf(node), ...operands.map((operand) => operand.at)].filter((place) => place !== undefined);
  return places.length === 0 ? undefined : Math.min(...places);
}

/** Refuses a field that is set: lists must be empty, everything else null, false or "". */
export function mustBeUnset(node: JsonNode, field: string, what: string, at: At = positionOf(node)): void {
  const value = node[field];
  const unset =
    value === undefined || value === null || value === false || value === "" || (Array.isArray(value) && value.length === 0);
  if (!unset) stop("QUERY_CLAUSE_UNSUPPORTED", at, what);
}
