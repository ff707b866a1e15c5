/** DuckDB's names of one type, the engine's own first. */
const names: readonly (readonly [type: string, ...aliases: string[]])[] = [
  ["BOOLEAN", "BOOL", "LOGICAL"],
  ["TINYINT", "INT1"],
  ["SMALLINT", "INT2", "INT16", "SHORT"],
  ["INTEGER", "INT", "INT4", "INT32", "SIGNED"],
  ["BIGINT", "INT8", "INT64", "LONG", "OID"],
  ["HUGEINT", "INT128"],
  ["UTINYINT", "UINT8"],
  ["USMALLINT", "UINT16"],
  ["UINTEGER", "UINT32"],
  ["UBIGINT", "UINT64"],
  ["UHUGEINT", "UINT128"],
  ["FLOAT", "FLOAT4", "REAL"],
  ["DOUBLE", "FLOAT8", "DOUBLE PRECISION"],
  ["DATE"],
  ["TIME", "TIME WITHOUT TIME ZONE"],
  ["TIMESTAMP", "DATETIME", "TIMESTAMP_US", "TIMESTAMP WITHOUT TIME ZONE"],
  ["TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ"],
  ["INTERVAL"],
  ["UUID", "GUID"],
  ["BLOB", "BYTEA", "BINARY", "VARBINARY"],
];

const plain: ReadonlyMap<string, string> = new Map(names.flatMap((all) => all.map((name) => [name, all[0]] as const)));

const text = /^(?:VARCHAR|TEXT|STRING|CHAR|BPCHAR|NVARCHAR|CHARACTER|CHARACTER VARYING)(?: ?\( ?\d{1,9} ?\))?$/;
const decimal = /^(?:DECIMAL|NUMERIC|DEC)(?: ?\( ?(\d{1,2})(?: ?, ?(\d{1,2}))? ?\))?$/;

/** What is said of a type that is not accepted. */
export const acceptedTypes =
  "BOOLEAN, TINYINT, SMALLINT, INTEGER, BIGINT, HUGEINT and their unsigned forms, DECIMAL(p,s), FLOAT, DOUBLE, VARCHAR, DATE, TIME, TIMESTAMP, INTERVAL, UUID, BLOB, DuckDB's other names of these (INT, TEXT, NUMERIC, …), and lists (INTEGER[])";

/**
 * The engine's own name of a type, or undefined. Type texts are written into SQL, so nothing but these
 * forms may pass.
 */
export function readColumnType(written: string): string | undefined {
  const type = written.trim().toUpperCase().replace(/\s+/g, " ");
  const list = /^(.+?)((?: ?\[\d{0,5}\]){1,3})$/.exec(type);
  if (list !== null) {
    const of = readColumnType(list[1] ?? "");
    return of === undefined ? undefined : `${of}${list[2]?.replaceAll(" ", "")}`;
  }
  if (text.test(type)) return "VARCHAR";
  const sized = decimal.exec(type);
  if (sized === null) return plain.get(type);
  const precision = Number(sized[1] ?? 18);
  // DuckDB's own defaults: DECIMAL is DECIMAL(18,3), DECIMAL(p) is DECIMAL(p,0).
  const scale = Number(sized[2] ?? (sized[1] === undefined ? 3 : 0));
  return precision < 1 || precision > 38 || scale > precision ? undefined : `DECIMAL(${precision},${scale})`;
}
