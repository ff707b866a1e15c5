import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import t, { type Test } from "tap";
import type { GovernedPlanLike, RunAnswer, RunLimits } from "../../src/engine/index.ts";
import { childrenOf } from "../../src/engine/process-worker.ts";
import type { Runner } from "../../src/engine/runner.ts";
import { dataFolder, runLimits, startEngine, startRunner } from "./engine-fixture.ts";

async function makeDatabase(folder: string): Promise<string> {
  const path = join(folder, "source.duckdb");
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  await connection.run(
    "CREATE TABLE person AS SELECT i AS id_card, 'c' || (i % 5) AS county, CAST(i / 4 AS DECIMAL(12,2)) AS income, DATE '1990-01-01' + CAST(i AS INTEGER) AS born FROM range(1000) t(i)",
  );
  connection.closeSync();
  instance.closeSync();
  return path;
}

function planOf(resultSql: string, change: Partial<GovernedPlanLike> = {}): GovernedPlanLike {
  return { steps: [], resultSql, releases: [], ...change };
}

/** Burns time in the engine without producing rows. */
const endless = planOf("SELECT count(*) FROM range(1000000) a(i), range(1000000) b(j) WHERE (i * 7 + j) % 1000003 = 5");

async function prepare(
  t: Test,
  size = 1,
): Promise<{
  runner: Runner<GovernedPlanLike>;
  dataDir: string;
  run: (plan: GovernedPlanLike, limits?: Partial<RunLimits>) => Promise<RunAnswer>;
  database: string;
}> {
  const dataDir = await dataFolder(t);
  const database = await makeDatabase(dataDir);
  const runner = await startRunner(t, dataDir, size);
  return {
    runner,
    dataDir,
    database,
    run: (plan, limits = {}) => runner.run({ plan, database, limits: { ...runLimits, ...limits } }).done,
  };
}

async function busy(runner: Runner<GovernedPlanLike>): Promise<number> {
  for (;;) {
    const found = runner.workers().find((one) => one.state === "busy");
    if (found !== undefined) return found.worker.pid;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

t.test("steps, result and evidence come from one process, values exact", async (t) => {
  const { run } = await prepare(t);
  const answer = await run(
    planOf('SELECT k1, n, s, born FROM "__r1" ORDER BY k1 LIMIT 2', {
      steps: [
        'CREATE TEMP TABLE "__r1" AS SELECT county AS k1, count(*) AS n, sum(income) AS s, min(born) AS born FROM person GROUP BY county',
      ],
      releases: [
        {
          id: "r1",
          evidenceSql: 'SELECT k1, n AS a1_owners, NULL AS a1_top1, n = 200 AS ok, 1e0 / 0 AS inf FROM "__r1" ORDER BY k1',
        },
      ],
    }),
  );
  if (answer.kind !== "done") throw new Error(JSON.stringify(answer));
  t.same(answer.columns, [
    { name: "k1", type: "VARCHAR" },
    { name: "n", type: "BIGINT" },
    { name: "s", type: "DECIMAL(38,2)" },
    { name: "born", type: "DATE" },
  ]);
  t.same(answer.rows, [
    ["c0", "200", "24875.00", "1990-01-01"],
    ["c1", "200", "24925.00", "1990-01-02"],
  ]);
  t.equal(answer.evidence.length, 1);
  t.match(answer.evidence[0], { release: "r1", rows: [["c0", "200", null, true, "Infinity"]] });
  t.equal(answer.evidence[0]?.rows.length, 5);
});

t.test("the database is opened read-only and stays as it was", async (t) => {
  const { run, database, runner } = await prepare(t);
  const before = await stat(database);
  for (const sql of ["DELETE FROM person", "CREATE TABLE x AS SELECT 1", "UPDATE person SET income = 0"])
    t.same(await run(planOf("SELECT 1", { steps: [sql] })), { kind: "failed", code: "ENGINE_QUERY_FAILED" }, sql);
  await runner.close();
  const after = await stat(database);
  t.equal(after.mtimeMs, before.mtimeMs);
  t.equal(after.nlink, 1, "the slot's link is gone");
});

t.test("the engine's files, settings and extensions are shut, even to what runs", async (t) => {
  const { run } = await prepare(t);
  for (const sql of [
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_csv('/slot/agreement.duckdb')",
    "SELECT * FROM glob('/*')",
    "COPY person TO '/tmp/x.csv'",
    "ATTACH '/tmp/other.duckdb' AS other",
    "SET enable_external_access=true",
    "SET memory_limit='64GB'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SELECT * FROM 'http://127.0.0.1/x.parquet'",
  ])
    t.same(await run(planOf(sql)), { kind: "failed", code: "ENGINE_QUERY_FAILED" }, sql);
});

t.test("a failure carries a code and no word of the engine", async (t) => {
  const { run } = await prepare(t);
  const answer = await run(planOf("SELECT CAST(county AS INTEGER) FROM person"));
  t.same(answer, { kind: "failed", code: "ENGINE_QUERY_FAILED" });
});

t.test("time, memory and result size are held", async (t) => {
  const { run } = await prepare(t);
  t.same(await run(endless, { timeoutMs: 700 }), { kind: "failed", code: "ENGINE_TIMEOUT" });
  t.same(
    await run(planOf("SELECT count(*) FROM (SELECT DISTINCT i, repeat('x', 200) || i AS x FROM range(5000000) t(i))"), {
      memoryBytes: 64 * 1024 * 1024,
    }),
    {
      kind: "failed",
      code: "ENGINE_MEMORY",
    },
  );
  t.same(await run(planOf("SELECT i FROM range(1000000) t(i)"), { resultBytes: 10_000 }), {
    kind: "failed",
    code: "ENGINE_RESULT_TOO_LARGE",
  });
  const evidence = planOf("SELECT 1", { releases: [{ id: "r1", evidenceSql: "SELECT i FROM range(1000000) t(i)" }] });
  t.same(await run(evidence, { resultBytes: 10_000 }), { kind: "failed", code: "ENGINE_RESULT_TOO_LARGE" });
});

t.test("a run is cancelled mid-query, or before it began", async (t) => {
  const { runner, database } = await prepare(t);
  const handle = runner.run({ plan: endless, database, limits: runLimits });
  await busy(runner);
  handle.cancel();
  t.same(await handle.done, { kind: "failed", code: "ENGINE_CANCELLED" });
  const early = runner.run({ plan: endless, database, limits: runLimits });
  early.cancel();
  t.same(await early.done, { kind: "failed", code: "ENGINE_CANCELLED" });
  early.cancel();
});

t.test("a worker killed mid-job is ENGINE_CRASHED, and the pool recovers", async (t) => {
  const { runner, run, database } = await prepare(t);
  const handle = runner.run({ plan: endless, database, limits: runLimits });
  process.kill(await busy(runner), "SIGKILL");
  t.same(await handle.done, { kind: "failed", code: "ENGINE_CRASHED" });
  t.match(await run(planOf("SELECT 1 AS one")), { kind: "done", rows: [[1]] });
});

t.test("a run whose worker hangs before it is up can be cancelled, and close does not wait for it", async (t) => {
  const { runner, database } = await prepare(t, 1);
  for (const { worker } of runner.workers())
    for (const pid of [worker.pid, ...childrenOf(worker.pid)]) process.kill(pid, "SIGSTOP");
  const handle = runner.run({ plan: endless, database, limits: runLimits });
  handle.cancel();
  t.same(await handle.done, { kind: "failed", code: "ENGINE_CANCELLED" });
  await runner.close();
  t.same(runner.workers(), []);
});

t.test("waiting workers that die are passed over, however many", async (t) => {
  const { runner, run } = await prepare(t, 4);
  while (runner.workers().filter(({ state }) => state === "idle").length < 4) await new Promise((resume) => setImmediate(resume));
  const dying = runner.workers().map(({ worker }) => worker);
  for (const { pid } of dying) process.kill(pid, "SIGKILL");
  await Promise.all(dying.map(({ ended }) => ended));
  t.match(await run(planOf("SELECT 1")), { kind: "done" });
});

t.test("no process serves twice, and no slot is left", async (t) => {
  const { runner, run, dataDir } = await prepare(t, 2);
  // A process that had served before would still hold the table.
  const once = planOf("SELECT one FROM mark", { steps: ["CREATE TEMP TABLE mark AS SELECT 1 AS one"] });
  for (let at = 0; at < 4; at++) t.match(await run(once), { kind: "done", rows: [[1]] });
  await runner.close();
  t.same(
    (await readdir(dataDir)).filter((name) => /^[0-9a-f]{32}$/.test(name)),
    [],
  );
  t.same(runner.workers(), []);
});

t.test("a database that cannot be linked is the caller's bug, not an answer about data", async (t) => {
  const { runner, dataDir } = await prepare(t);
  const missing = runner.run({ plan: planOf("SELECT 1"), database: join(dataDir, "none.duckdb"), limits: runLimits });
  await t.rejects(missing.done, { code: "ENGINE_REQUEST_INVALID" });
});

t.test("closing ends what runs, and nothing starts afterwards", async (t) => {
  const { runner, database } = await prepare(t);
  const handle = runner.run({ plan: endless, database, limits: runLimits });
  await busy(runner);
  await runner.close();
  t.same(await handle.done, { kind: "failed", code: "ENGINE_CANCELLED" });
  t.throws(() => runner.run({ plan: endless, database, limits: runLimits }), { code: "ENGINE_CLOSED" });
});

t.test("the engine runs nothing but a sealed plan", async (t) => {
  const { engine, dataDir } = await startEngine(t);
  const database = await makeDatabase(dataDir);
  // What a caller without types, or with a cast, would hand in.
  const forged = { ...planOf("SELECT 1"), columns: [], tables: [], explanation: [], digest: "", toJSON: () => ({}) };
  t.throws(() => engine.run({ plan: forged as never, database, limits: runLimits }), { code: "ENGINE_REQUEST_INVALID" });
});
