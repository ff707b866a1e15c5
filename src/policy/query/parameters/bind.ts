import { asText, type JsonNode, parseTree } from "../read/json.ts";
import { type At, type QueryRefusal, refusable, stop } from "../refusal.ts";
import { foldName } from "../schema.ts";
import { type TextPosition, textPosition } from "../text-position.ts";
import { isExactNumber, parseExactly } from "./exact-json.ts";
import { findMarkers, type Marker } from "./markers.ts";
import { type ParameterValues, readValues, type WrittenParameters } from "./values.ts";

/** Whether the values are what their types say, before any statement is looked at. */
export function checkParameters(written: WrittenParameters): QueryRefusal | undefined {
  const checked = refusable("", () => readValues(written));
  return "kind" in checked ? checked : undefined;
}

/**
 * The text as the engine takes it: it knows `$name` only, so the colon of each given parameter becomes
 * a dollar, one byte for one byte. Values never enter a text.
 */
export function engineText(text: string, written: WrittenParameters): string {
  const given = new Set(Object.keys(written).map(foldName));
  const units = text.split("");
  for (const { name, index } of findMarkers(text)) if (given.has(foldName(name))) units[index] = "$";
  return units.join("");
}

const byteOffset = (text: string, index: number): number => new TextEncoder().encode(text.slice(0, index)).length;

/**
 * What the engine's syntax error at this place says of a parameter, if one stands there: it was not sent
 * (the engine knows no colon), or a name would have to stand there.
 */
export function parameterAt(text: string, at: TextPosition | undefined, written: WrittenParameters): QueryRefusal | undefined {
  const isThere = ({ index }: Marker): boolean => {
    const place = textPosition(text, byteOffset(text, index));
    return place.line === at?.line && place.column === at.column;
  };
  const marker = findMarkers(text).find(isThere);
  if (marker === undefined) return undefined;
  const given = Object.keys(written).some((name) => foldName(name) === foldName(marker.name));
  const code = given ? "QUERY_PARAMETER_PLACE" : "QUERY_PARAMETER_UNKNOWN";
  return refusable(text, () => stop(code, byteOffset(text, marker.index), `the parameter ${marker.name}`));
}

interface Binding {
  readonly values: ParameterValues;
  readonly used: Set<string>;
  placeOf(folded: string): At;
}

function literalFor(node: JsonNode, isItem: boolean, { values, used, placeOf }: Binding): unknown {
  const folded = foldName(asText(node["identifier"]));
  const at = placeOf(folded);
  const given = values.get(folded) ?? stop("QUERY_PARAMETER_UNKNOWN", at, `the parameter ${asText(node["identifier"])}`);
  // A whole number there would be the place of an output column, hence a name.
  if (isItem) stop("QUERY_PARAMETER_PLACE", at, `the parameter ${given.name} as an item of GROUP BY or ORDER BY`);
  used.add(folded);
  return { ...given.node, alias: node["alias"], query_location: at };
}

/** Fields whose own expressions may be places of output columns. */
const itemFields: ReadonlySet<string> = new Set(["group_expressions", "expression"]);

function bound(value: unknown, isItem: boolean, binding: Binding): unknown {
  if (Array.isArray(value)) return value.map((item) => bound(item, isItem, binding));
  if (typeof value !== "object" || value === null || isExactNumber(value)) return value;
  const node = value as JsonNode;
  if (node["class"] === "PARAMETER") return literalFor(node, isItem, binding);
  const fields = Object.entries(node).map(([key, child]) => [
    key,
    key === "named_param_map" ? [] : bound(child, itemFields.has(key), binding),
  ]);
  return Object.fromEntries(fields);
}

/**
 * Puts each parameter's value into the engine's tree as the literal it stands for, before anything is
 * judged: every rule then sees the statement as if the value had been written. The tree's text comes
 * back unchanged where there are no parameters.
 */
export function bindParameters(request: {
  readonly text: string;
  readonly ast: string;
  readonly parameters: WrittenParameters;
}): { readonly ast: string; readonly bound: boolean } | QueryRefusal {
  const { text, ast, parameters } = request;
  return refusable(text, () => {
    const values = readValues(parameters);
    // Quotes inside a tree's own texts are escaped, so this is a node or nothing.
    if (values.size === 0 && !ast.includes('"class":"PARAMETER"')) return { ast, bound: false };
    const places = new Map<string, number>();
    for (const { name, index } of findMarkers(text).toReversed()) places.set(foldName(name), byteOffset(text, index));
    const used = new Set<string>();
    const tree = bound(parseTree(ast, parseExactly), false, { values, used, placeOf: (folded) => places.get(folded) });
    for (const [folded, { name }] of values)
      if (!used.has(folded)) stop("QUERY_PARAMETER_UNUSED", undefined, `the parameter ${name}`);
    return { ast: JSON.stringify(tree), bound: true };
  });
}
