import type { RunTable, RunValue } from "../engine/index.ts";
import { canonicalJson, type JsonValue, sha256Hex } from "../kernel/index.ts";

/** A table as it is shown, hashed and exported. */
export interface Content {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly RunValue[])[];
}

const textOf = (value: unknown): string => canonicalJson(value as JsonValue);

/**
 * SHA-256 (hex) of the columns and the rows in canonical order: a re-run that gives the same rows in
 * another order is the same content.
 */
export function hashContent(content: Content): string {
  const rows = content.rows.map(textOf).sort();
  return sha256Hex(`${textOf(content.columns)}\n${rows.join("\n")}`);
}

export function toContent({ columns, rows }: RunTable): Content {
  return { columns: columns.map(({ name, type }) => ({ name, type })), rows };
}
