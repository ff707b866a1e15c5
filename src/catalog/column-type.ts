/** What a declared type is good for; decides roles, subjects and the values a row filter may hold. */
export type ColumnTypeClass = "text" | "boolean" | "integer" | "decimal" | "double" | "date" | "timestamp";

/** A declared type: its canonical DuckDB text and its class. */
export interface ColumnType {
  readonly text: string;
  readonly class: ColumnTypeClass;
  /** Bits of an integer type. */
  readonly bits?: number | undefined;
  readonly precision?: number | undefined;
  readonly scale?: number | undefined;
}

const plainTypes: ReadonlyMap<string, ColumnType> = new Map(
  (
    [
      { text: "VARCHAR", class: "text" },
      { text: "BOOLEAN", class: "boolean" },
      { text: "TINYINT", class: "integer", bits: 8 },
      { text: "SMALLINT", class: "integer", bits: 16 },
      { text: "INTEGER", class: "integer", bits: 32 },
      { text: "BIGINT", class: "integer", bits: 64 },
      { text: "DOUBLE", class: "double" },
      { text: "DATE", class: "date" },
      { text: "TIMESTAMP", class: "timestamp" },
    ] satisfies readonly ColumnType[]
  ).map((type) => [type.text, type]),
);

/** The allow-list as a sentence, for refusals. */
export const columnTypeNames = `${[...plainTypes.keys()].join(", ")}, DECIMAL(p,s) with 1 <= p <= 38 and 0 <= s <= p`;

const decimalPattern = /^DECIMAL\(\s*(\d{1,2})\s*,\s*(\d{1,2})\s*\)$/;

/** Reads a declared type; undefined for anything outside the allow-list (nested types, aliases, expressions). */
export function parseColumnType(text: string): ColumnType | undefined {
  const upper = text.trim().toUpperCase();
  const plain = plainTypes.get(upper);
  if (plain !== undefined) return plain;
  const decimal = decimalPattern.exec(upper);
  if (decimal === null) return undefined;
  const precision = Number(decimal[1]);
  const scale = Number(decimal[2]);
  if (precision < 1 || precision > 38 || scale > precision) return undefined;
  return { text: `DECIMAL(${precision},${scale})`, class: "decimal", precision, scale };
}

export function isNumeric(type: ColumnType): boolean {
  return type.class === "integer" || type.class === "decimal" || type.class === "double";
}
