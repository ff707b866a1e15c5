import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import t from "tap";
import type { IngestColumn, Ingested, IngestLimits } from "../../src/engine/index.ts";
import type { IngestCommand } from "../../src/engine/ingest-messages.ts";
import { checkShape, checkValues, convertParquet } from "../../src/engine/roles/duckdb-parquet.ts";
import { receiveParquet } from "../../src/engine/roles/duckdb-parquet-footer.ts";
import { problemOfError } from "../../src/engine/roles/ingest-refusal.ts";
import { createProblemList } from "../../src/engine/roles/problem-list.ts";
import { parquetOf } from "../support/parquet.ts";
import {
  chunksOf,
  dataFolder,
  ingestLimits,
  ingestPersons,
  personColumns,
  personFile,
  personSubjects,
  startEngine,
} from "./engine-fixture.ts";

const folder = await dataFolder(t);
let made = 0;
const newFolder = () => join(folder, `v${++made}`);
const format = { kind: "parquet" } as const;

const column = (type: string, nullable = true): IngestColumn => ({ name: "v", type, role: "attribute", nullable });

async function rowsOf(files: readonly string[]): Promise<readonly unknown[]> {
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  const read = await connection.runAndReadAll(`SELECT * FROM read_parquet([${files.map((path) => `'${path}'`).join(", ")}])`);
  return [read.columnTypes().map(String), ...read.getRowsJson()];
}

/** What the ingest process does with a file, here: the rows it would keep, or the problems. */
async function readOne(query: string, declared: IngestColumn, limits: Partial<IngestLimits> = {}, options = "") {
  const output = newFolder();
  await mkdir(output);
  const bytes = await parquetOf(query, options);
  const command: IngestCommand = {
    task: "check",
    maxProblems: 5,
    format,
    columns: [declared],
    subjects: [],
    keys: [],
    limits: { ...ingestLimits, ...limits },
    base: { files: [], rows: 0 },
    output,
    temporary: output,
    blockBytes: 1_000_000,
    memoryBytes: 500_000_000,
    threads: 1,
  };
  const connection = await (await DuckDBInstance.create(":memory:", { threads: "1" })).connect();
  const problems = createProblemList(5);
  const frames = [
    { kind: "data", payload: bytes },
    { kind: "end", payload: Buffer.alloc(0) },
  ] as const;
  let next = 0;
  try {
    const receive = async () => frames[next++] ?? frames[1];
    const file = await receiveParquet({ receive }, command);
    const shape = await checkShape(connection, file, command, problems);
    const unpacked = shape === undefined ? 0 : await checkValues(connection, file, shape, command, problems);
    if (shape === undefined || problems.found.length > 0) return problems.found;
    const parts = await convertParquet(connection, file, shape, unpacked, command);
    return { rows: await rowsOf(parts.map((part) => join(output, part.file))) };
  } catch (error) {
    return [problemOfError(error)];
  } finally {
    connection.closeSync();
  }
}

t.test("a Parquet file gives the same version as the CSV file of the same rows", async (t) => {
  const { engine, dataDir } = await startEngine(t);
  const csv = await ingestPersons(engine, newFolder(), personFile(3000));
  if (csv.kind !== "ingested") throw new Error(JSON.stringify(csv));
  const bytes = await parquetOf(
    `SELECT children::BIGINT AS children, income, county, id_card, born FROM read_parquet('${csv.files[0]?.path}')`,
  );
  const request = { format, columns: personColumns, subjects: personSubjects, output: newFolder(), limits: ingestLimits };
  const parquet = await engine.ingest(request, chunksOf(bytes));
  if (parquet.kind !== "ingested") throw new Error(JSON.stringify(parquet));
  t.same(parquet.profile, csv.profile);
  const pathsOf = (answer: Ingested) => answer.files.map(({ path }) => path);
  t.same(await rowsOf(pathsOf(parquet)), await rowsOf(pathsOf(csv)), "in the declaration's order and types");
  t.same(await readdir(join(dataDir, "engine", "own", "tmp")), [], "nothing of the file is left");

  const twice = await parquetOf(
    `SELECT 'k' || (file_row_number % 2999) AS id_card, county, born, income, children FROM read_parquet('${csv.files[0]?.path}', file_row_number=true)`,
  );
  t.match(await engine.ingest({ ...request, output: newFolder() }, chunksOf(twice)), {
    code: "CATALOG_FILE_NOT_UNIQUE",
    column: "id_card",
    row: 3000,
    reason: /stood in row 1; this is row 3000$/,
  });
});

t.test("types that lose nothing become the declared ones", async (t) => {
  const cases: readonly (readonly [string, string, unknown])[] = [
    ["TINYINT", "-128::BIGINT", -128],
    ["BIGINT", "9223372036854775807::UBIGINT", "9223372036854775807"],
    ["INTEGER", "7::UTINYINT", 7],
    ["DECIMAL(5,2)", "123.4::DECIMAL(9,1)", "123.40"],
    ["DECIMAL(5,2)", "-999::BIGINT", "-999.00"],
    ["DECIMAL(38,0)", "'99999999999999999999999999999999999999'::DECIMAL(38,0)", "99999999999999999999999999999999999999"],
    ["DOUBLE", "0.5::FLOAT", 0.5],
    ["DOUBLE", "4294967295::UINTEGER", 4294967295],
    ["BOOLEAN", "true", true],
    ["DATE", "DATE '9999-12-31'", "9999-12-31"],
    ["TIMESTAMP", "TIMESTAMP_MS '2024-02-29 12:00:00.123'", "2024-02-29 12:00:00.123"],
    ["TIMESTAMP", "TIMESTAMP_NS '2024-02-29 12:00:00.123456'", "2024-02-29 12:00:00.123456"],
    ["VARCHAR", "'张三'", "张三"],
    ["VARCHAR", "''", ""],
  ];
  for (const [type, value, wanted] of cases)
    t.same(await readOne(`SELECT ${value} AS v`, column(type)), { rows: [[type], [wanted]] }, `${value} as ${type}`);
});

t.test("types that would lose something are refused whatever the values", async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ["INTEGER", "1::DOUBLE"],
    ["INTEGER", "'1'"],
    ["INTEGER", "1::DECIMAL(9,0)"],
    ["DECIMAL(9,2)", "1.000::DECIMAL(9,3)"],
    ["DECIMAL(9,2)", "1.5::DOUBLE"],
    ["DOUBLE", "1::BIGINT"],
    ["DOUBLE", "1.5::DECIMAL(9,1)"],
    ["BOOLEAN", "1::INTEGER"],
    ["DATE", "TIMESTAMP '2024-01-01 00:00:00'"],
    ["DATE", "'2024-01-01'"],
    ["TIMESTAMP", "DATE '2024-01-01'"],
    ["TIMESTAMP", "TIMESTAMPTZ '2024-01-01 00:00:00+00'"],
    ["VARCHAR", "1::INTEGER"],
    ["VARCHAR", "'a'::BLOB"],
    ["VARCHAR", "uuid()"],
    ["VARCHAR", "'{}'::JSON"],
    ["VARCHAR", "TIME '10:00:00'"],
    ["VARCHAR", "INTERVAL 1 DAY"],
  ];
  for (const [type, value] of cases)
    t.match(
      await readOne(`SELECT ${value} AS v`, column(type)),
      [{ code: "CATALOG_FILE_HEADER", column: "v", reason: /without loss; write it as/ }],
      `${value} as ${type}`,
    );
});

t.test("values outside the declared type are refused with their row, and not repeated", async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ["TINYINT", "128::SMALLINT"],
    ["BIGINT", "18446744073709551615::UBIGINT"],
    ["DECIMAL(5,2)", "1000::INTEGER"],
    ["DECIMAL(5,2)", "1000.0::DECIMAL(9,1)"],
    ["DECIMAL(2,2)", "-1.00::DECIMAL(5,2)"],
    ["DOUBLE", "'NaN'::DOUBLE"],
    ["DOUBLE", "'-inf'::FLOAT"],
    ["DATE", "'infinity'::DATE"],
    ["DATE", "DATE '0001-01-01 (BC)'"],
    ["TIMESTAMP", "'-infinity'::TIMESTAMP"],
    ["TIMESTAMP", "TIMESTAMP_NS '2024-02-29 12:00:00.123456789'"],
    ["VARCHAR", "'se' || chr(0) || 'cret'"],
  ];
  for (const [type, value] of cases) {
    const answer = await readOne(`SELECT CASE WHEN i = 4999 THEN ${value} END AS v FROM range(5001) t(i)`, column(type));
    t.match(answer, [{ code: "CATALOG_FILE_VALUE", column: "v", row: 5000 }], `${value} as ${type}`);
    t.notMatch(JSON.stringify(answer), /cret|18446744073709551615/);
  }
});

t.test("missing values, foreign columns and nested ones are refused", async (t) => {
  t.match(await readOne("SELECT nullif(i % 4, 2) AS v FROM range(7) t(i)", column("BIGINT", false)), [
    { code: "CATALOG_FILE_NULL", column: "v", row: 3 },
    { code: "CATALOG_FILE_NULL", column: "v", row: 7 },
  ]);
  t.match(await readOne("SELECT 1 AS v, 2 AS w", column("BIGINT")), [
    { code: "CATALOG_FILE_HEADER", reason: /column 2 .*expected v$/ },
  ]);
  t.match(await readOne("SELECT 1 AS w", column("BIGINT")), [{ code: "CATALOG_FILE_HEADER" }, { column: "v", reason: /lacks/ }]);
  t.match(await readOne("SELECT 1 AS V", column("BIGINT")), [{ code: "CATALOG_FILE_HEADER" }, {}], "case matters, as in CSV");
  for (const value of ["[1]", "{'a': 1}", "MAP {'a': 1}", "[[{'a': [1]}]]"])
    t.match(await readOne(`SELECT ${value} AS v`, column("BIGINT")), [
      { code: "CATALOG_FILE_HEADER", column: "v", reason: /nested/ },
    ]);
});

t.test("limits on bytes, rows, row groups, columns, values and expansion hold", async (t) => {
  const numbers = "SELECT i AS v FROM range(50000) t(i)";
  const refusedFor = (reason: RegExp) => [{ code: "CATALOG_FILE_LIMIT", reason }];
  t.match(await readOne(numbers, column("BIGINT"), { maxParquetBytes: 10_000 }), refusedFor(/10000 bytes/));
  t.match(await readOne(numbers, column("BIGINT"), { maxRows: 49_999 }), refusedFor(/49999 rows/));
  t.match(await readOne(numbers, column("BIGINT"), { maxRowGroups: 3 }, "ROW_GROUP_SIZE 10000"), refusedFor(/3 row groups/));
  const wide = `SELECT ${Array.from({ length: 60 }, (_, at) => `${at} AS c${at}`).join(", ")}`;
  t.match(await readOne(wide, column("BIGINT")), refusedFor(/50 columns/));
  t.match(await readOne("SELECT repeat('x', 101 + i) AS v FROM range(3) t(i)", column("VARCHAR"), { maxFieldBytes: 102 }), [
    { code: "CATALOG_FILE_LIMIT", column: "v", row: 3 },
  ]);
  t.match(await readOne(numbers, column("BIGINT"), { maxBytes: 399_999 }), refusedFor(/unpacks to more than 399999 bytes/));
});

t.test("a large file becomes small ones in row order", async (t) => {
  const rows = 150_000;
  const all = await readOne(`SELECT printf('%06d ', i) || md5(i::VARCHAR) AS v FROM range(${rows}) t(i)`, column("VARCHAR"), {
    maxExpansion: 1000,
  });
  if (!("rows" in all)) throw new Error(JSON.stringify(all));
  const files = (await readdir(join(folder, `v${made}`))).filter((name) => name.endsWith("et") && name.startsWith("part"));
  t.ok(files.length >= 2, `${files.length} files`);
  t.same(
    files.sort(),
    files.map((_, at) => `part-${String(at).padStart(5, "0")}.parquet`),
  );
  const numbers = all.rows.slice(1).map((row) => Number(String(row).slice(0, 6)));
  t.equal(numbers.length, rows);
  t.ok(numbers.every((number, at) => number === at));
});
