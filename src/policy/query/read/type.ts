import { type At, stop } from "../refusal.ts";
import { asNode, asText } from "./json.ts";

const plain: ReadonlySet<string> = new Set([
  "BOOLEAN",
  "TINYINT",
  "SMALLINT",
  "INTEGER",
  "BIGINT",
  "HUGEINT",
  "FLOAT",
  "DOUBLE",
  "VARCHAR",
  "DATE",
  "TIMESTAMP",
  "INTERVAL",
]);

/** The target of a cast as type text; nested, user-defined and rare types are refused. */
export function readType(json: unknown, at: At): string {
  const node = asNode(json);
  const id = asText(node["id"]);
  if (id === "DECIMAL") {
    const info = asNode(node["type_info"]);
    return `DECIMAL(${Number(info["width"])},${Number(info["scale"])})`;
  }
  return plain.has(id) ? id : stop("QUERY_TYPE_UNSUPPORTED", at, `the type ${id}`);
}
