import type { DuckDBConnection } from "@duckdb/node-api";

type Node = Record<string, unknown>;

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && !Array.isArray(value);

/** ORDER BY the place of an output column. */
function place(index: number): Node {
  const value = { type: { id: "INTEGER", type_info: null }, is_null: false, value: index };
  const expression = { class: "CONSTANT", type: "VALUE_CONSTANT", alias: "", query_location: 0, value };
  return { type: "ORDER_DEFAULT", null_order: "ORDER_DEFAULT", expression };
}

function breakTies(node: Node, columns: number): void {
  const modifiers = Array.isArray(node["modifiers"]) ? node["modifiers"].filter(isNode) : [];
  const order = modifiers.find((one) => one["type"] === "ORDER_MODIFIER");
  const places = Array.from({ length: columns }, (_unused, i) => place(i + 1));
  if (Array.isArray(order?.["orders"])) order["orders"].push(...places);
  else {
    const limit = modifiers.findIndex((one) => String(one["type"]).startsWith("LIMIT"));
    modifiers.splice(limit < 0 ? modifiers.length : limit, 0, { type: "ORDER_MODIFIER", orders: places });
  }
  node["modifiers"] = modifiers;
}

const hasLimit = (node: Node): boolean =>
  Array.isArray(node["modifiers"]) && node["modifiers"].some((one) => isNode(one) && String(one["type"]).startsWith("LIMIT"));

/** Inner queries with a LIMIT take the same rows only if their ties are broken too; a star's columns cannot be counted here. */
function breakInnerTies(value: unknown, root: Node): void {
  if (Array.isArray(value)) for (const one of value) breakInnerTies(one, root);
  if (!isNode(value)) return;
  const list = value["select_list"];
  const counted = Array.isArray(list) && list.every((item) => isNode(item) && item["class"] !== "STAR");
  if (value !== root && counted && hasLimit(value)) breakTies(value, list.length);
  for (const child of Object.values(value)) breakInnerTies(child, root);
}

/**
 * The statement as the platform promises to read it where SQL leaves the order of rows open: ties fall to the output
 * columns in their order. Undefined where the engine's tree does not go back to text.
 */
export async function withTiesBroken(connection: DuckDBConnection, sql: string, columns: number): Promise<string | undefined> {
  const read = async (query: string, argument: string): Promise<string> =>
    String((await connection.runAndReadAll(query, [argument])).getRows()[0]?.[0]);
  const tree: unknown = JSON.parse(await read("SELECT json_serialize_sql($1::VARCHAR)", sql));
  const statements = isNode(tree) ? tree["statements"] : undefined;
  const node = Array.isArray(statements) && isNode(statements[0]) ? statements[0]["node"] : undefined;
  if (!isNode(node)) return undefined;
  breakTies(node, columns);
  breakInnerTies(node, node);
  return read("SELECT json_deserialize_sql($1::JSON)", JSON.stringify(tree)).catch(() => undefined);
}
