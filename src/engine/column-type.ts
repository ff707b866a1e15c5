/** Types a column may be declared with. */
export type ColumnType =
  | { readonly kind: "integer"; readonly sql: string; readonly min: bigint; readonly max: bigint }
  | { readonly kind: "decimal"; readonly sql: string; readonly precision: number; readonly scale: number }
  | { readonly kind: "boolean" | "double" | "date" | "timestamp" | "text"; readonly sql: string };

const integerBits: Readonly<Record<string, number>> = { TINYINT: 8, SMALLINT: 16, INTEGER: 32, BIGINT: 64 };
const plain: Readonly<Record<string, "boolean" | "double" | "date" | "timestamp" | "text">> = {
  BOOLEAN: "boolean",
  DOUBLE: "double",
  DATE: "date",
  TIMESTAMP: "timestamp",
  VARCHAR: "text",
};

/** Names accepted in a declaration, for error texts. */
export const columnTypeNames = "BOOLEAN, TINYINT, SMALLINT, INTEGER, BIGINT, DECIMAL(p,s), DOUBLE, DATE, TIMESTAMP, VARCHAR";

/**
 * Reads a declared type, or undefined for anything outside the catalogue: type texts are written
 * into SQL, so nothing but these forms may pass.
 */
export function parseColumnType(text: string): ColumnType | undefined {
  const upper = text.toUpperCase();
  const bits = Object.hasOwn(integerBits, upper) ? integerBits[upper] : undefined;
  if (bits !== undefined) {
    const half = 1n << BigInt(bits - 1);
    return { kind: "integer", sql: upper, min: -half, max: half - 1n };
  }
  const simple = Object.hasOwn(plain, upper) ? plain[upper] : undefined;
  if (simple !== undefined) return { kind: simple, sql: upper };
  const decimal = /^DECIMAL\((\d{1,2}), ?(\d{1,2})\)$/.exec(upper);
  if (decimal === null) return undefined;
  const precision = Number(decimal[1]);
  const scale = Number(decimal[2]);
  if (precision < 1 || precision > 38 || scale > precision) return undefined;
  return { kind: "decimal", sql: `DECIMAL(${precision},${scale})`, precision, scale };
}
