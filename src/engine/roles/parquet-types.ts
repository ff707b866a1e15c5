import type { ColumnType } from "../column-type.ts";
import { valueCheck } from "./csv-value.ts";

/** How a column of a Parquet file becomes a declared one without losing anything, or why it does not. */
export type ParquetMapping =
  | {
      readonly kind: "mapped";
      /** Condition in SQL on the column's value, true where it is no value of the declared type. */
      readonly bad: string | undefined;
      /** What the values must be, for the problem's text. */
      readonly expected: string;
    }
  | { readonly kind: "refused"; readonly instead: string };

const integerBits: ReadonlyMap<string, readonly [signed: boolean, bits: number]> = new Map([
  ["TINYINT", [true, 8]],
  ["SMALLINT", [true, 16]],
  ["INTEGER", [true, 32]],
  ["BIGINT", [true, 64]],
  ["UTINYINT", [false, 8]],
  ["USMALLINT", [false, 16]],
  ["UINTEGER", [false, 32]],
  ["UBIGINT", [false, 64]],
]);

/** Range of an integer type, by its name in the engine. */
function integerRange(found: string): { readonly min: bigint; readonly max: bigint } | undefined {
  const type = integerBits.get(found);
  if (type === undefined) return undefined;
  const [signed, bits] = type;
  const half = 1n << BigInt(bits - 1);
  return signed ? { min: -half, max: half - 1n } : { min: 0n, max: 2n * half - 1n };
}

function decimalOf(found: string): { readonly precision: number; readonly scale: number } | undefined {
  const [, precision, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(found) ?? [];
  return precision === undefined || scale === undefined ? undefined : { precision: Number(precision), scale: Number(scale) };
}

const unlessIn = (column: string, low: string, high: string): string => `${column} NOT BETWEEN ${low} AND ${high}`;

/** Days and times as CSV can write them: years of four digits, no infinity. */
const days = ["DATE '0001-01-01'", "DATE '9999-12-31'"] as const;
const times = ["TIMESTAMP '0001-01-01 00:00:00'", "TIMESTAMP '9999-12-31 23:59:59.999999'"] as const;

/**
 * The mapping table. `found`: the type as the engine reads the column; `physical`: as the file
 * stores it; `column`: quoted. Integers may be of any width where every value fits, since writers
 * seldom choose the narrowest; nothing is rounded, and text is never parsed.
 */
export function mapParquetColumn(declared: ColumnType, found: string, physical: string, column: string): ParquetMapping {
  const { expected } = valueCheck(declared);
  const mapped = (bad?: string): ParquetMapping => ({ kind: "mapped", bad, expected });
  const refused = (instead: string): ParquetMapping => ({ kind: "refused", instead });
  const range = integerRange(found);
  switch (declared.kind) {
    case "integer":
      if (range === undefined) return refused("an integer type");
      return declared.min <= range.min && range.max <= declared.max
        ? mapped()
        : mapped(unlessIn(column, `CAST(${declared.min} AS HUGEINT)`, `CAST(${declared.max} AS HUGEINT)`));
    case "decimal": {
      const whole = declared.precision - declared.scale;
      if (range !== undefined) {
        const most = 10n ** BigInt(whole) - 1n;
        return range.min >= -most && range.max <= most
          ? mapped()
          : mapped(unlessIn(column, `CAST(${-most} AS HUGEINT)`, `CAST(${most} AS HUGEINT)`));
      }
      const decimal = decimalOf(found);
      if (decimal === undefined || decimal.scale > declared.scale)
        return refused(`DECIMAL with at most ${declared.scale} digits after the point, or an integer type`);
      if (decimal.precision - decimal.scale <= whole) return mapped();
      const most = `${"9".repeat(whole) || "0"}${decimal.scale === 0 ? "" : `.${"9".repeat(decimal.scale)}`}`;
      return mapped(unlessIn(column, `CAST('-${most}' AS ${found})`, `CAST('${most}' AS ${found})`));
    }
    case "double":
      // Integers of 64 bits and decimals have digits that a DOUBLE has not.
      if (found === "DOUBLE" || found === "FLOAT") return mapped(`NOT isfinite(${column})`);
      return range !== undefined && range.max < 1n << 32n
        ? mapped()
        : refused("DOUBLE, FLOAT or an integer type of at most 32 bits");
    case "boolean":
      return found === "BOOLEAN" ? mapped() : refused("BOOLEAN");
    case "date":
      return found === "DATE" ? mapped(unlessIn(column, ...days)) : refused("DATE");
    case "timestamp":
      // INT96 does not say whether its instants are local.
      if (physical === "INT96") return refused("TIMESTAMP (millis, micros or nanos) without a zone; INT96 is ambiguous");
      if (found === "TIMESTAMP") return mapped(unlessIn(column, ...times));
      if (found === "TIMESTAMP_NS") return mapped(`epoch_ns(${column}) % 1000 <> 0`);
      return refused("TIMESTAMP (millis, micros or nanos) without a zone");
    case "text":
      return found === "VARCHAR" ? mapped(`contains(${column}, chr(0))`) : refused("STRING (UTF-8)");
  }
}

const sameTypes: readonly string[] = ["BOOLEAN", "DOUBLE", "DATE", "TIMESTAMP", "VARCHAR"];

/** The narrowest declarable type that holds every value of a column of a Parquet file; undefined where none does. */
export function parquetTypeFor(found: string, physical: string): string | undefined {
  if (physical === "INT96") return undefined;
  const range = integerRange(found);
  if (range !== undefined) {
    for (const type of ["TINYINT", "SMALLINT", "INTEGER", "BIGINT"]) {
      const own = integerRange(type);
      if (own !== undefined && own.min <= range.min && range.max <= own.max) return type;
    }
    return "DECIMAL(20,0)";
  }
  if (found === "FLOAT") return "DOUBLE";
  if (found === "TIMESTAMP_NS") return "TIMESTAMP";
  return sameTypes.includes(found) || decimalOf(found) !== undefined ? found : undefined;
}

/** Bytes that one value takes at least, by the type as the engine reads it; text is measured. */
export function fixedBytes(found: string): number {
  const decimal = decimalOf(found);
  if (decimal !== undefined) return decimal.precision > 18 ? 16 : 8;
  return found === "VARCHAR" ? 0 : 8;
}
