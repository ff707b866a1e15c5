import { type At, stop } from "../refusal.ts";
import { asList, asNode, asText, type JsonNode, mustBeUnset, readNode } from "./json.ts";

/** Types without parts. Those with a time zone are not among them: they hang on where the engine runs. */
const plain: ReadonlySet<string> = new Set([
  ...["BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "VARCHAR", "DATE", "TIMESTAMP"],
  ...["UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT", "INTERVAL", "TIME", "BLOB", "BIT", "UUID"],
  ...["TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "BIGNUM"],
]);

type ReadParts = (info: JsonNode, at: At) => string;

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

function fields(info: JsonNode, at: At): readonly (readonly [string, string])[] {
  return asList(info["child_types"]).map((child) => {
    const { first, second } = readNode(child, ["first", "second"]);
    return [asText(first), readType(second, at)] as const;
  });
}

function readNamedType(info: JsonNode, at: At): string {
  const name = asText(info["name"]).toUpperCase();
  for (const field of ["catalog", "schema"]) mustBeUnset(info, field, "a type of another schema", at);
  const modifiers = info["user_type_modifiers"] ?? [];
  if (name === "JSON" && asList(modifiers).length === 0) return name;
  if (name !== "ENUM") return stop("QUERY_TYPE_UNSUPPORTED", at, `the type ${name}`);
  const values = asList(modifiers).map((value) => `'${asText(asNode(value)["value"]).replaceAll("'", "''")}'`);
  return `ENUM(${values.join(", ")})`;
}

const nested: ReadonlyMap<string, ReadParts> = new Map<string, ReadParts>([
  ["DECIMAL", (info) => `DECIMAL(${Number(info["width"])},${Number(info["scale"])})`],
  ["LIST", (info, at) => `${readType(info["child_type"], at)}[]`],
  ["ARRAY", (info, at) => `${readType(info["child_type"], at)}[${Number(info["size"])}]`],
  [
    "STRUCT",
    (info, at) =>
      `STRUCT(${fields(info, at)
        .map(([name, type]) => `${quoted(name)} ${type}`)
        .join(", ")})`,
  ],
  // JSON, and enumerations: the parser leaves names of types to the binder.
  ["UNBOUND", readNamedType],
  [
    "UNION",
    (info, at) =>
      `UNION(${fields(info, at)
        .slice(1)
        .map(([name, type]) => `${quoted(name)} ${type}`)
        .join(", ")})`,
  ],
  [
    "MAP",
    (info, at) =>
      `MAP(${fields(asNode(asNode(info["child_type"])["type_info"]), at)
        .map(([, type]) => type)
        .join(", ")})`,
  ],
]);

/** The target of a cast as type text; user-defined and rare types are refused. */
export function readType(json: unknown, at: At): string {
  const node = asNode(json);
  const id = asText(node["id"]);
  if (plain.has(id)) return id;
  const read = nested.get(id) ?? stop("QUERY_TYPE_UNSUPPORTED", at, `the type ${id}`);
  return read(asNode(node["type_info"]), at);
}
