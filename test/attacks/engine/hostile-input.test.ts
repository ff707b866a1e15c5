import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { settleFile } from "../../../src/engine/staging.ts";
import { hiddenTables } from "../../../src/policy/index.ts";
import {
  chunksOf,
  csvFormat,
  dataFolder,
  ingestLimits,
  ingestPersons,
  personColumns,
  personFile,
  personHeader,
  personSubjects,
  startEngine,
} from "../../engine/engine-fixture.ts";

const ddl = "CREATE TABLE person (id_card BIGINT, county VARCHAR, income DOUBLE)";

t.test("hostile statements are refused, and the next honest one is served", async (t) => {
  const { engine, dataDir } = await startEngine(t);
  const cases: readonly (readonly [string, string, string])[] = [
    ["a text of 1 MiB", `SELECT ${"1+".repeat(524_288)}1`, "size"],
    ["10,000-deep parentheses", `SELECT ${"(".repeat(10_000)}1${")".repeat(10_000)}`, "depth"],
    ["deep subqueries", `${"SELECT * FROM (".repeat(4000)}SELECT 1${")".repeat(4000)}`, "depth"],
    ["deep lists", `SELECT ${"[".repeat(5000)}1${"]".repeat(5000)}`, "depth"],
    ["a tower of NOT", `SELECT ${"NOT ".repeat(15_000)}TRUE`, "syntax"],
    ["a chain of operators", `SELECT 1${"+1".repeat(30_000)}`, "syntax"],
    ["a NUL that ends the text for one reader only", "SELECT county FROM person\0; DROP TABLE person", "syntax"],
    ["a lone surrogate", "SELECT '\ud800'", "syntax"],
    ["two statements in a comment's shadow", "SELECT 1 /* ; */ ; DROP TABLE person -- ", "firewall"],
    ["a file of the host", "SELECT * FROM read_text('/etc/passwd')", "bind"],
    ["a file named as a table", "SELECT * FROM '/etc/passwd'", "bind"],
    ["dynamic SQL that reads a file", "SELECT * FROM query('SELECT * FROM read_text(''/etc/passwd'')')", "bind"],
    ["a listing of the host", "SELECT * FROM glob('/srv/*')", "bind"],
    ["the network", "SELECT * FROM read_csv('http://127.0.0.1:1/x.csv')", "bind"],
    ["a settings change", "SET enable_external_access = true", "firewall"],
    ["a multi-gigabyte bind", "SELECT * FROM range(length(repeat('x', 900000000)))", "limit"],
  ];
  for (const [name, sql, stage] of cases) {
    const answer = await engine.compiler.parse({ ddl, sql });
    t.match(answer, { kind: "rejected", stage }, name);
    t.notMatch(JSON.stringify(answer), /root:|passwd:|disabled by configuration/, name);
  }
  t.match(await engine.compiler.parse({ ddl, sql: "SELECT count(*) FROM person" }), { kind: "parsed" });
  t.same(await readdir(dataDir), ["engine"]);
});

t.test("a table outside the scope and one that does not exist give the same answer", async (t) => {
  const { engine } = await startEngine(t);
  const answer = async (scope: string): Promise<string> =>
    JSON.stringify(await engine.compiler.parse({ ddl: scope, sql: "SELECT 1 FROM tax_return" }));
  const known = `${ddl}; CREATE TABLE tax_returns (a INTEGER)`;
  t.equal(await answer(ddl), await answer(known), "not even a near name changes it");
});

t.test("hostile files are refused and leave nothing", async (t) => {
  const { engine, dataDir } = await startEngine(t);
  const output = join(dataDir, "v");
  async function* endlessLine(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(`${personHeader}"`);
    for (;;) yield Buffer.alloc(65_536, 0x61);
  }
  async function* endlessRows(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(personHeader);
    for (;;) yield Buffer.from("a,b,,1,1\n".repeat(1000));
  }
  const request = {
    columns: personColumns,
    subjects: personSubjects,
    output,
    format: csvFormat,
    limits: { ...ingestLimits, maxBytes: 20_000_000, maxRows: 50_000 },
  };
  t.match(await engine.ingest(request, endlessLine()), { kind: "refused", code: "CATALOG_FILE_LIMIT", line: 2 });
  t.match(await engine.ingest(request, endlessRows()), { kind: "refused", code: "CATALOG_FILE_LIMIT", line: 50_002 });
  t.match(await ingestPersons(engine, output, Buffer.alloc(100_000, 0)), { kind: "refused" });
  t.match(await ingestPersons(engine, output, Buffer.from("PAR1\x15\x04\x15")), { kind: "refused", code: "CATALOG_FILE_HEADER" });
  t.match(await ingestPersons(engine, output, `${"(".repeat(60_000)}\n`), { kind: "refused" });
  t.same(await readdir(dataDir), ["engine"]);
  t.same(await readdir(join(dataDir, "engine", "own", "tmp")), []);
});

t.test("an upload larger than memory should hold passes with flat memory", async (t) => {
  const { engine, dataDir } = await startEngine(t);
  let peak = 0;
  const before = process.memoryUsage.rss();
  async function* body(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(personHeader);
    for (let part = 0; part < 120; part++) {
      yield Buffer.from(Array.from({ length: 5000 }, (_, at) => `p${part}-${at},"${"x".repeat(120)}",,1,1\n`).join(""));
      peak = Math.max(peak, process.memoryUsage.rss());
    }
  }
  const request = {
    columns: personColumns,
    subjects: personSubjects,
    output: join(dataDir, "v"),
    format: csvFormat,
    limits: ingestLimits,
  };
  t.match(await engine.ingest(request, body()), { kind: "ingested", rows: 600_000 });
  t.ok(peak - before < 200 * 1024 * 1024, `the gateway grew by ${Math.round((peak - before) / 1048576)} MiB for 80 MB`);
});

t.test("a link where a finished file should be is not followed", async (t) => {
  const folder = await dataFolder(t);
  await writeFile(join(folder, "secret"), "key");
  await symlink(join(folder, "secret"), join(folder, "part"));
  t.equal(await settleFile(join(folder, "part"), join(folder, "out")), undefined);
  await mkdir(join(folder, "dir"));
  t.equal(await settleFile(join(folder, "dir"), join(folder, "out")), undefined);
  t.equal(await settleFile(join(folder, "none"), join(folder, "out")), undefined);
});

function canMount(folder: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "none", folder], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

t.test("a full disk refuses the upload and keeps nothing", async (t) => {
  const { engine, dataDir } = await startEngine(t);
  const small = join(dataDir, "small");
  await mkdir(small);
  if (!canMount(small)) {
    t.comment("skipped: no right to mount a small file system here");
    return;
  }
  t.teardown(() => execFileSync("umount", [small]));
  // Text that does not compress.
  const noise = Array.from(
    { length: 20_000 },
    (_, at) => `p${at},${createHash("sha256").update(String(at)).digest("base64url")},,1,1\n`,
  ).join("");
  const request = {
    columns: personColumns,
    subjects: personSubjects,
    output: join(small, "v"),
    format: csvFormat,
    limits: ingestLimits,
  };
  t.match(await engine.ingest(request, chunksOf(personHeader + noise)), { kind: "refused", code: "CATALOG_DISK_FULL" });
  t.same(await readdir(small), []);
  const files = await ingestPersons(engine, join(dataDir, "ok"), personFile(20_000));
  if (files.kind !== "ingested") throw new Error(JSON.stringify(files));
  const table = {
    name: "person",
    files: files.files.map(({ path }) => path),
    columns: [{ name: "income", type: "DECIMAL(12,2)", as: "plain" as const }],
    rowFilter: [],
    recordKeys: [{ column: "id_card", kind: "person", hidden: "__rk_id_card" }],
    familySecret: Buffer.alloc(32, 1),
  };
  t.same(
    await engine.provision({
      output: join(small, "a.duckdb"),
      hidden: hiddenTables,
      tables: [table],
      surrogateKey: Buffer.alloc(32, 1),
    }),
    {
      kind: "failed",
      code: "ENGINE_DISK_FULL",
    },
  );
  t.same(await readdir(small), []);
});
