/** Families of DuckDB types, as far as the rules tell them apart. */
export type TypeFamily = "boolean" | "integer" | "decimal" | "double" | "text" | "date" | "timestamp" | "other";

const families: ReadonlyMap<string, TypeFamily> = new Map([
  ["BOOLEAN", "boolean"],
  ...["TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"].map(
    (name) => [name, "integer"] as const,
  ),
  ["FLOAT", "double"],
  ["DOUBLE", "double"],
  ["VARCHAR", "text"],
  ["DATE", "date"],
  ["TIMESTAMP", "timestamp"],
] as const);

const decimal = /^DECIMAL\((\d{1,2}),\s*(\d{1,2})\)$/;

export function typeFamily(type: string): TypeFamily {
  const upper = type.trim().toUpperCase();
  return decimal.test(upper) ? "decimal" : (families.get(upper) ?? "other");
}

export function isNumeric(family: TypeFamily): boolean {
  return family === "integer" || family === "decimal" || family === "double";
}

export function isTemporal(family: TypeFamily): boolean {
  return family === "date" || family === "timestamp";
}

/**
 * Whether a sum over this type is exact and cannot overflow at any row count that fits a disk:
 * integers of 64 bits go into 128, decimals keep eight spare digits. The rest is summed as DOUBLE.
 */
export function sumsExactly(type: string): boolean {
  const upper = type.trim().toUpperCase();
  const width = decimal.exec(upper)?.[1];
  if (width !== undefined) return Number(width) <= 30;
  return typeFamily(upper) === "integer" && !upper.endsWith("HUGEINT");
}
