import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { tableFromIPC } from "@uwdata/flechette";
import t from "tap";
import type { RunValue } from "../../../src/engine/index.ts";
import type { Content } from "../../../src/export-gate/content.ts";
import { toArrow } from "../../../src/export-gate/formats/flechette-arrow.ts";
import { toParquet } from "../../../src/export-gate/formats/hyparquet-parquet.ts";

const folder = await mkdtemp(join(tmpdir(), "hanguang-formats-"));
t.teardown(() => rm(folder, { recursive: true }));
const engine = await DuckDBInstance.create();
const connection = await engine.connect();
t.teardown(() => {
  connection.closeSync();
  engine.closeSync();
});

/** A statement's table as the run worker sends it. */
async function contentOf(sql: string): Promise<Content> {
  const reader = await connection.runAndReadAll(sql);
  const columns = reader.columnNames().map((name, at) => ({ name, type: reader.columnType(at).toString() }));
  return { columns, rows: JSON.parse(JSON.stringify(reader.getRowsJson())) as (readonly RunValue[])[] };
}

let files = 0;
async function readBack(content: Content): Promise<Content> {
  files += 1;
  const file = join(folder, `${files}.parquet`);
  await writeFile(file, toParquet(content));
  return contentOf(`SELECT * FROM read_parquet('${file}')`);
}

/** Every type that a result may have, the greatest and least of each, and NULL in every column. */
const everyType = `
  SELECT * FROM (VALUES
    (true, (-128)::TINYINT, (-32768)::SMALLINT, (-2147483648)::INTEGER, (-9223372036854775808)::BIGINT,
     255::UTINYINT, 65535::USMALLINT, 4294967295::UINTEGER, 18446744073709551615::UBIGINT,
     (-12345.67)::DECIMAL(9,2), '-99999999999999999999999999999999999.999'::DECIMAL(38,3), 0.05::DECIMAL(2,2), 7::DECIMAL(4,0),
     0.1::FLOAT, 0.1::DOUBLE, DATE '0001-01-01', TIMESTAMP '1969-12-31 23:59:59.999999', '长安区🐉', '=1+1'),
    (false, 127, 32767, 2147483647, 9223372036854775807, 0, 0, 0, 0,
     12345.67, '99999999999999999999999999999999999.999', -0.05, -7,
     'NaN', '-Infinity', DATE '9999-12-31', TIMESTAMP '9999-12-31 23:59:59.123456', '', 'a"b,c
d'),
    (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
  ) AS v(b, i8, i16, i32, i64, u8, u16, u32, u64, d9, d38, d2, d4, f, d, day, moment, 县, formula)`;

t.test("every type comes back from Parquet as the engine made it: names, order, values and NULLs", async (t) => {
  const content = await contentOf(everyType);
  t.strictSame(await readBack(content), content);
});

t.test("every type comes back from Arrow", async (t) => {
  const content = await contentOf(everyType);
  const table = tableFromIPC(toArrow(content), { useBigInt: true, useDecimalInt: true });
  t.strictSame(
    table.names,
    content.columns.map(({ name }) => name),
  );
  const column = (name: string) => [...table.getChild(name)];
  t.strictSame(column("b"), [true, false, null]);
  t.strictSame(column("i64"), [-9223372036854775808n, 9223372036854775807n, null]);
  t.strictSame(column("u64"), [18446744073709551615n, 0n, null]);
  t.strictSame(column("d9"), [-1234567n, 1234567n, null]);
  t.strictSame(column("d38")[0], -99999999999999999999999999999999999999n);
  t.strictSame(column("d"), [0.1, -Infinity, null]);
  t.strictSame(column("f"), [Math.fround(0.1), Number.NaN, null]);
  t.strictSame(column("县"), ["长安区🐉", "", null]);
  t.strictSame(column("formula")[0], "=1+1", "no apostrophe: no spreadsheet takes a typed text for a formula");
  // The reader's own numbers are milliseconds; what stands in the file is days and microseconds.
  t.strictSame([...(table.getChild("day").data[0]?.values ?? [])].slice(0, 2), [-719162, 2932896]);
  t.strictSame([...(table.getChild("moment").data[0]?.values ?? [])].slice(0, 2), [-1n, 253402300799123456n]);
});

t.test("a HUGEINT sum keeps its digits in both", async (t) => {
  const content = await contentOf("SELECT sum(x) AS s FROM (VALUES (9223372036854775807), (9223372036854775807)) AS v(x)");
  t.strictSame(content.columns, [{ name: "s", type: "HUGEINT" }]);
  t.strictSame(await readBack(content), { columns: [{ name: "s", type: "DECIMAL(38,0)" }], rows: [["18446744073709551614"]] });
  const read = tableFromIPC(toArrow(content), { useDecimalInt: true });
  t.strictSame([...read.getChild("s")], [18446744073709551614n]);
});

t.test("what a form cannot hold exactly makes its column text, and nothing is rounded", async (t) => {
  for (const [sql, texts] of [
    ["SELECT unnest([1, 170141183460469231731687303715884105727::HUGEINT])", ["1", "170141183460469231731687303715884105727"]],
    ["SELECT unnest(['infinity'::DATE, DATE '2026-01-02'])", ["5881580-07-11", "2026-01-02"]],
    ["SELECT 'infinity'::TIMESTAMP", ["infinity"]],
    ["SELECT INTERVAL 1 MONTH", ['{"months":1,"days":0,"micros":"0"}']],
    ["SELECT [1, NULL]", ["[1,null]"]],
  ] as const) {
    const content = await contentOf(sql);
    t.strictSame((await readBack(content)).rows.flat(), texts, sql);
    t.strictSame([...tableFromIPC(toArrow(content)).getChildAt(0)], texts, sql);
  }
  const odd = (type: string, ...values: RunValue[]): Content => ({
    columns: [{ name: "x", type }],
    rows: values.map((one) => [one]),
  });
  for (const [content, texts] of [
    [odd("INTEGER", 2147483648, 1), ["2147483648", "1"]],
    [odd("BIGINT", "-9223372036854775809"), ["-9223372036854775809"]],
    [odd("INTEGER", 1.5), ["1.5"]],
    [odd("BOOLEAN", "yes"), ["yes"]],
    [odd("DECIMAL(3,1)", "1.25"), ["1.25"]],
    [odd("DECIMAL(3,1)", "100.0"), ["100.0"]],
    [odd("DECIMAL(3,1)", "x"), ["x"]],
    [odd("DECIMAL(3,1)", 1), ["1"]],
    [odd("DOUBLE", "1e400"), ["1e400"]],
    [odd("TIMESTAMP", "infinity"), ["infinity"]],
    [odd("TIMESTAMP", "12024-01-01 00:00:00"), ["12024-01-01 00:00:00"]],
  ] as const)
    t.strictSame((await readBack(content)).rows.flat(), texts, texts.join());
});

t.test("a result without rows keeps its columns", async (t) => {
  const content = await contentOf(`SELECT * FROM (${everyType}) WHERE false`);
  t.strictSame(await readBack(content), content);
  const table = tableFromIPC(toArrow(content));
  t.strictSame([table.numRows, table.names], [0, content.columns.map(({ name }) => name)]);
});

t.test("columns named alike are told apart in Parquet, and left alone in Arrow", async (t) => {
  const content = await contentOf("SELECT 1 AS n, 'a' AS n, 2 AS n_2, true AS n");
  const back = await readBack(content);
  t.strictSame(
    back.columns.map(({ name }) => name),
    ["n", "n_3", "n_2", "n_4"],
  );
  t.strictSame(back.rows, [[1, "a", 2, true]]);
  t.strictSame(tableFromIPC(toArrow(content)).names, ["n", "n", "n_2", "n"]);
});

t.test("many rows, repeated values and long texts come back", async (t) => {
  const content = await contentOf(
    "SELECT i, i % 7 AS few, repeat('县', (i % 50)::INTEGER) AS long, CASE WHEN i % 3 = 0 THEN NULL ELSE i / 8 END AS x, i % 2 = 0 AS even FROM range(120000) AS r(i)",
  );
  t.strictSame(await readBack(content), content);
  const table = tableFromIPC(toArrow(content), { useBigInt: true });
  t.equal(table.numRows, 120000);
  t.strictSame(table.getChild("i").at(119999), 119999n);
});

t.test("the same content gives the same bytes, and nothing but names, types and cells is in them", async (t) => {
  const content = await contentOf(everyType);
  const copy = JSON.parse(JSON.stringify(content)) as Content;
  t.strictSame(toParquet(content), toParquet(copy));
  t.strictSame(toArrow(content), toArrow(copy));

  const file = join(folder, "same.parquet");
  await writeFile(file, toParquet(content));
  const told = async (sql: string) => (await contentOf(sql.replace("FILE", `'${file}'`))).rows;
  t.strictSame(
    await told("SELECT created_by, num_rows, num_row_groups, footer_signing_key_metadata FROM parquet_file_metadata(FILE)"),
    [["hanguang", "3", "1", null]],
  );
  t.strictSame(await told("SELECT * FROM parquet_kv_metadata(FILE)"), []);
  t.strictSame(
    await told(`SELECT DISTINCT stats_min, stats_max, stats_null_count, stats_distinct_count, stats_min_value, stats_max_value,
      bloom_filter_offset, len(map_keys(key_value_metadata)) FROM parquet_metadata(FILE)`),
    [[null, null, null, null, null, null, null, "0"]],
  );

  const { schema } = tableFromIPC(toArrow(content));
  t.strictSame(
    [
      ...(schema.metadata ?? []),
      ...schema.fields.flatMap(({ metadata }) => [...((metadata as Map<string, string> | null) ?? [])]),
    ],
    [],
  );
});

t.test("where a cell is suppressed the bytes do not depend on what it was", async (t) => {
  // NULL slots of fixed width stand in an Arrow buffer: they must be zero, not a left-over.
  const content: Content = { columns: [{ name: "s", type: "BIGINT" }], rows: [["4503599627370497"], [null]] };
  const table = tableFromIPC(toArrow(content), { useBigInt: true });
  t.strictSame([...(table.getChild("s").data[0]?.values ?? [])].slice(0, 2), [4503599627370497n, 0n]);
});
