/** What a column is in a typed file: the forms that Parquet and Arrow share. */
export type ColumnForm =
  | { readonly kind: "boolean" | "float" | "double" | "date" | "timestamp" | "text" }
  | { readonly kind: "integer"; readonly bits: 8 | 16 | 32 | 64; readonly signed: boolean }
  | { readonly kind: "decimal"; readonly precision: number; readonly scale: number };

const text: ColumnForm = { kind: "text" };
/** Digits that a DECIMAL of 128 bits holds. */
const widest = 38;

const forms: ReadonlyMap<string, ColumnForm> = new Map<string, ColumnForm>([
  ["BOOLEAN", { kind: "boolean" }],
  ["FLOAT", { kind: "float" }],
  ["DOUBLE", { kind: "double" }],
  ["DATE", { kind: "date" }],
  ["TIMESTAMP", { kind: "timestamp" }],
  ["VARCHAR", text],
  ["TINYINT", { kind: "integer", bits: 8, signed: true }],
  ["SMALLINT", { kind: "integer", bits: 16, signed: true }],
  ["INTEGER", { kind: "integer", bits: 32, signed: true }],
  ["BIGINT", { kind: "integer", bits: 64, signed: true }],
  ["UTINYINT", { kind: "integer", bits: 8, signed: false }],
  ["USMALLINT", { kind: "integer", bits: 16, signed: false }],
  ["UINTEGER", { kind: "integer", bits: 32, signed: false }],
  ["UBIGINT", { kind: "integer", bits: 64, signed: false }],
  // Neither format has integers of 128 bits; a DOUBLE, which DuckDB writes, would round a sum.
  ["HUGEINT", { kind: "decimal", precision: widest, scale: 0 }],
  ["UHUGEINT", { kind: "decimal", precision: widest, scale: 0 }],
]);

/** The form of one of the engine's types; what has none of its own is text, as in CSV. */
export function formOf(type: string): ColumnForm {
  const decimal = /^DECIMAL\((\d{1,2}),\s*(\d{1,2})\)$/.exec(type);
  if (decimal !== null) return { kind: "decimal", precision: Number(decimal[1]), scale: Number(decimal[2]) };
  return forms.get(type) ?? text;
}
