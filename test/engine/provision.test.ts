import { createHmac } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { DuckDBInstance, type DuckDBValue } from "@duckdb/node-api";
import t, { type Test } from "tap";
import {
  defaultEngineLimits,
  type Engine,
  type ProvisionColumn,
  type ProvisionTable,
  type RowFilter,
} from "../../src/engine/index.ts";
import { RowFilterInvalid, rowFilterSql } from "../../src/engine/row-filter-sql.ts";
import { hiddenTables } from "../../src/policy/index.ts";
import { chunksOf, csvFormat, ingestLimits, ingestPersons, personFile, startEngine } from "./engine-fixture.ts";

const familySecret = Buffer.alloc(32, 7);
const recordKeys = [{ column: "id_card", kind: "person", hidden: "__rk_id_card" }];
const scoped: readonly ProvisionColumn[] = [
  { name: "id_card", type: "VARCHAR", as: "surrogate", kind: "person" },
  { name: "county", type: "VARCHAR", as: "plain" },
  { name: "born", type: "DATE", as: "plain" },
  { name: "income", type: "DECIMAL(12,2)", as: "plain" },
];

async function load(engine: Engine, output: string, count: number): Promise<string[]> {
  const answer = await ingestPersons(engine, output, personFile(count));
  if (answer.kind !== "ingested") throw new Error(JSON.stringify(answer));
  return answer.files.map(({ path }) => path);
}

function personTable(files: readonly string[], change: Partial<ProvisionTable> = {}): ProvisionTable {
  return { name: "person", files, columns: scoped, rowFilter: [], recordKeys, familySecret, ...change };
}

async function query(database: string, sql: string): Promise<DuckDBValue[][]> {
  const instance = await DuckDBInstance.create(database, { access_mode: "READ_ONLY" });
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRows();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function provision(
  t: Test,
  engine: Engine,
  output: string,
  tables: readonly ProvisionTable[],
  surrogateKey = Buffer.alloc(32, 1),
): Promise<string> {
  const answer = await engine.provision({ output, hidden: hiddenTables, tables, surrogateKey });
  t.match(answer, { kind: "provisioned" });
  return output;
}

t.test("raw identifiers are simply not there; owners are 63-bit HMACs", async (t) => {
  const { engine, dataDir } = await startEngine(t);
  const files = await load(engine, join(dataDir, "v"), 300);
  const database = await provision(t, engine, join(dataDir, "a.duckdb"), [personTable(files)]);
  t.same(
    await query(
      database,
      "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'person' ORDER BY column_index",
    ),
    [
      ["id_card", "BIGINT"],
      ["county", "VARCHAR"],
      ["born", "DATE"],
      ["income", "DECIMAL(12,2)"],
      ["__rk_id_card", "INTEGER"],
    ],
  );
  const bytes = await readFile(database);
  for (let at = 0; at < 300; at++)
    t.notOk(bytes.includes(`1301${String(at).padStart(8, "0")}`), "identifier in the file's bytes");
  const everything = JSON.stringify(await query(database, "SELECT CAST(person AS VARCHAR) FROM person"));
  t.notMatch(everything, /1301\d{8}/);
  t.match(everything, /County 3/, "the scoped columns are there");

  const hash = (key: Uint8Array, bytes: number): bigint =>
    BigInt(
      `0x${createHmac("sha256", key)
        .update("person\x00130100000005")
        .digest("hex")
        .slice(0, 2 * bytes)}`,
    );
  const [row] = await query(
    database,
    `SELECT id_card, "__rk_id_card" FROM person WHERE id_card = ${hash(Buffer.alloc(32, 1), 8) >> 1n}`,
  );
  t.same(row, [hash(Buffer.alloc(32, 1), 8) >> 1n, Number(hash(familySecret, 4) - 2147483648n)]);
  t.same(await readdir(dataDir), ["a.duckdb", "engine", "v"], "no write-ahead log, no staging");
});

t.test("two agreements cannot join, and share record keys", async (t) => {
  const { engine, dataDir } = await startEngine(t);
  const files = await load(engine, join(dataDir, "v"), 200);
  const first = await provision(t, engine, join(dataDir, "a.duckdb"), [personTable(files)], Buffer.alloc(32, 1));
  const second = await provision(t, engine, join(dataDir, "b.duckdb"), [personTable(files)], Buffer.alloc(32, 2));
  const column = async (database: string, name: string): Promise<Set<string>> =>
    new Set((await query(database, `SELECT "${name}" FROM person`)).map(([value]) => String(value)));
  const owners = await column(second, "id_card");
  t.equal(owners.size, 200);
  t.same(
    [...(await column(first, "id_card"))].filter((id) => owners.has(id)),
    [],
  );
  t.same(await column(first, "__rk_id_card"), await column(second, "__rk_id_card"));
});

t.test("one owner has one surrogate in every table of an agreement; a row without a key has none", async (t) => {
  const { engine, dataDir } = await startEngine(t);
  const files = await load(engine, join(dataDir, "v"), 50);
  const visits = await engine.ingest(
    {
      columns: [
        { name: "patient", type: "VARCHAR", role: "identifier", nullable: true },
        { name: "cost", type: "DOUBLE", role: "measure", nullable: true },
      ],
      subjects: [{ kind: "person", column: "patient", unique: false }],
      output: join(dataDir, "visits"),
      format: csvFormat,
      limits: ingestLimits,
    },
    chunksOf("patient,cost\n130100000001,1\n130100000001,2\n130100000009,3\n,4\n"),
  );
  if (visits.kind !== "ingested") throw new Error(JSON.stringify(visits));
  const database = await provision(t, engine, join(dataDir, "a.duckdb"), [
    personTable(files),
    {
      name: "visit",
      files: visits.files.map(({ path }) => path),
      columns: [
        { name: "patient", type: "VARCHAR", as: "surrogate", kind: "person" },
        { name: "cost", type: "DOUBLE", as: "plain" },
      ],
      rowFilter: [],
      recordKeys: [{ column: "patient", kind: "person", hidden: "__rk_patient" }],
      familySecret,
    },
  ]);
  t.same(
    await query(
      database,
      'SELECT count(*), count(*) FILTER (v."__rk_patient" = p."__rk_id_card") FROM visit v JOIN person p ON v.patient = p.id_card',
    ),
    [[3n, 3n]],
  );
  t.same(await query(database, 'SELECT count(*) FROM visit WHERE patient IS NULL AND "__rk_patient" IS NULL AND cost = 4'), [
    [1n],
  ]);
  t.same(
    await query(database, "SELECT table_name FROM duckdb_tables() WHERE NOT internal ORDER BY 1"),
    [["__noise"], ["__profile"], ["person"], ["visit"]],
    "no mapping stays",
  );
  t.same(await query(database, "FROM __profile"), [], "small tables are counted owner by owner");
  const key = createHmac("sha256", familySecret).update("noise\0").digest("hex");
  t.same(await query(database, 'SELECT * FROM __noise ORDER BY "table"'), [
    ["person", key],
    ["visit", key],
  ]);
});

t.test("of a large table it is noted what one owner brings at most", async (t) => {
  const { engine, dataDir } = await startEngine(t);
  const files = await load(engine, join(dataDir, "v"), 100_000);
  const database = await provision(t, engine, join(dataDir, "a.duckdb"), [personTable(files)]);
  const noted = await query(
    database,
    `SELECT "by", measure, most FROM __profile WHERE "table" = 'person' AND owner = 'id_card' ORDER BY ALL`,
  );
  const [[most] = []] = await query(database, "SELECT max(CAST(income AS DOUBLE)) FROM person");
  t.same(
    noted,
    ["", "born", "county"].flatMap((by) => [
      [by, "", 1],
      [by, "income", most],
    ]),
  );
  t.same(
    await query(
      database,
      "SELECT min(least) = (SELECT min(CAST(income AS DOUBLE)) FROM person) FROM __profile WHERE measure = 'income'",
    ),
    [[true]],
  );
});

t.test("row filters are typed: what looks like SQL is a value", async (t) => {
  const { engine, dataDir } = await startEngine(t);
  const files = await load(engine, join(dataDir, "v"), 700);
  const count = async (name: string, rowFilter: readonly RowFilter[]): Promise<unknown> => {
    const database = await provision(t, engine, join(dataDir, `${name}.duckdb`), [personTable(files, { rowFilter })]);
    return (await query(database, "SELECT count(*) FROM person"))[0]?.[0];
  };
  t.equal(await count("equal", [{ column: "county", op: "=", value: "County 3" }]), 100n);
  t.equal(await count("injected", [{ column: "county", op: "<>", value: "' OR '1'='1" }]), 700n);
  t.equal(
    await count("both", [
      { column: "county", op: "in", value: ["County 3", "County 4"] },
      { column: "income", op: "<", value: 100 },
    ]),
    28n,
  );
  t.equal(await count("none", [{ column: "born", op: "is-null" }]), 0n);
});

t.test("every operator writes its literal as the column's type, and refuses a value it does not take", async (t) => {
  t.equal(rowFilterSql({ column: 'a"b', op: ">=", value: "2020-01-01" }, "DATE"), `"a""b" >= CAST('2020-01-01' AS DATE)`);
  t.equal(
    rowFilterSql({ column: "a", op: "in", value: ["it's", "x"] }, "VARCHAR"),
    `"a" IN (CAST('it''s' AS VARCHAR), CAST('x' AS VARCHAR))`,
  );
  t.equal(rowFilterSql({ column: "a", op: "is-not-null" }, "BOOLEAN"), `"a" IS NOT NULL`);
  t.equal(rowFilterSql({ column: "a", op: "=", value: true }, "BOOLEAN"), `"a" = CAST('true' AS BOOLEAN)`);
  const bad: readonly (readonly [RowFilter, string])[] = [
    [{ column: "a", op: "=", value: Number.NaN }, "DOUBLE"],
    [{ column: "a", op: "=", value: "a\0b" }, "VARCHAR"],
    [{ column: "a", op: "=", value: "\ud800" }, "VARCHAR"],
    [{ column: "a", op: "=", value: ["x"] }, "VARCHAR"],
    [{ column: "a", op: "=" }, "VARCHAR"],
    [{ column: "a", op: "in", value: [] }, "VARCHAR"],
    [{ column: "a", op: "in", value: "x" }, "VARCHAR"],
    [{ column: "a", op: "is-null", value: "x" }, "VARCHAR"],
    [{ column: "a", op: "=", value: "x" }, "VARCHAR); DROP TABLE x; --"],
  ];
  for (const [filter, type] of bad) t.throws(() => rowFilterSql(filter, type), RowFilterInvalid);
});

t.test("requests that only a bug can make are exceptions, failures of the data are values", async (t) => {
  const { engine, dataDir } = await startEngine(t);
  const files = await load(engine, join(dataDir, "v"), 10);
  const output = join(dataDir, "a.duckdb");
  const surrogateKey = Buffer.alloc(32, 1);
  const bad: readonly Partial<ProvisionTable>[] = [
    { files: [] },
    { columns: [...scoped, { name: "ID_CARD", type: "VARCHAR", as: "plain" }] },
    { columns: [{ name: "id_card", type: "whatever", as: "plain" }] },
    { familySecret: new Uint8Array(3) },
    { familySecret: new Uint8Array(65) },
    { rowFilter: [{ column: "phone", op: "=", value: "1" }] },
  ];
  for (const change of bad)
    await t.rejects(engine.provision({ output, hidden: hiddenTables, surrogateKey, tables: [personTable(files, change)] }), {
      code: "ENGINE_REQUEST_INVALID",
    });
  await t.rejects(
    engine.provision({ output, hidden: hiddenTables, surrogateKey: new Uint8Array(1), tables: [personTable(files)] }),
    {
      code: "ENGINE_REQUEST_INVALID",
    },
  );

  const failed = await engine.provision({
    output,
    hidden: hiddenTables,
    surrogateKey,
    tables: [personTable(files, { rowFilter: [{ column: "born", op: "=", value: "not a date" }] })],
  });
  t.same(failed, { kind: "failed", code: "ENGINE_PROVISION_FAILED" });
  t.same(
    (await readdir(dataDir)).filter((name) => name.includes("duckdb")),
    [],
    "nothing half-made stays",
  );
});

t.test("a provision process that is killed or late is a failed provision", async (t) => {
  const { engine, dataDir } = await startEngine(t, {
    limits: { provisionTimeoutMs: 1, loadMemoryBytes: defaultEngineLimits.loadMemoryBytes },
  });
  const files = await load(engine, join(dataDir, "v"), 10);
  const late = await engine.provision({
    output: join(dataDir, "a.duckdb"),
    hidden: hiddenTables,
    surrogateKey: Buffer.alloc(32, 1),
    tables: [personTable(files)],
  });
  t.same(late, { kind: "failed", code: "ENGINE_TIMEOUT" });
});
