import { existsSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { createEngine, defaultEngineLimits } from "../../src/engine/index.ts";
import { hiddenTables } from "../../src/policy/index.ts";
import {
  chunksOf,
  createLog,
  csvFormat,
  dataFolder,
  ingestLimits,
  ingestPersons,
  noBwrap,
  personColumns,
  personFile,
  personHeader,
  personSubjects,
  startEngine,
} from "./engine-fixture.ts";

t.test("with bubblewrap, namespaces are measured and reported", { skip: noBwrap }, async (t) => {
  const { engine, log } = await startEngine(t);
  t.same(engine.isolation, {
    level: "namespaces",
    measured: { filesHidden: true, filesReadOnly: true, network: true, processes: true, capabilities: true, environment: true },
  });
  t.notMatch(JSON.stringify(log.lines), /WEAK/);
});

t.test("without it the engine refuses to start, unless weak isolation is allowed; then it says so loudly", async (t) => {
  const dataDir = await dataFolder(t);
  const refusing = createEngine({
    dataDir,
    limits: defaultEngineLimits,
    isolation: { allowWeak: false, bwrap: "/nonexistent/bwrap" },
    log: createLog(),
  });
  await t.rejects(refusing, { code: "ENGINE_ISOLATION_TOO_WEAK", message: /bubblewrap/ });

  const { engine, log, dataDir: weakDir } = await startEngine(t, { weak: true });
  t.equal(engine.isolation.level, "engine-settings-only");
  t.match(engine.isolation.measured, { filesHidden: false, network: false });
  t.match(engine.isolation.reason, /not installed/);
  t.ok(log.lines.some(({ message }) => /WEAK ISOLATION/.test(message)));
  t.same(
    (await readdir(weakDir, { recursive: true })).filter((name) => name.includes(".probe")),
    [],
    "the probe cleans up what it managed to write",
  );
});

t.test("a bubblewrap that does not isolate is not believed", async (t) => {
  const dataDir = await dataFolder(t);
  const fake = join(dataDir, "bwrap");
  await writeFile(fake, "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  const broken = createEngine({
    dataDir,
    limits: defaultEngineLimits,
    isolation: { allowWeak: false, bwrap: fake },
    log: createLog(),
  });
  await t.rejects(broken, { code: "ENGINE_ISOLATION_TOO_WEAK" });

  const through = join(dataDir, "through");
  const probe = join(import.meta.dirname, "../../src/engine/roles/probe.ts");
  await writeFile(through, `#!/bin/sh\nexec ${process.execPath} ${probe}\n`, { mode: 0o755 });
  const pretending = createEngine({
    dataDir,
    limits: defaultEngineLimits,
    isolation: { allowWeak: false, bwrap: through },
    log: createLog(),
  });
  await t.rejects(pretending, { code: "ENGINE_ISOLATION_TOO_WEAK", message: /network/ });
});

t.test("the weak level does the same work", async (t) => {
  const { engine, dataDir } = await startEngine(t, { weak: true });
  t.match(await engine.compiler.parse({ ddl: "CREATE TABLE x (a INTEGER)", sql: "SELECT a FROM x" }), { kind: "parsed" });
  const loaded = await ingestPersons(engine, join(dataDir, "v"), personFile(20));
  t.match(loaded, { kind: "ingested", rows: 20 });
  t.same(
    (await readdir(dataDir, { recursive: true })).filter((name) => /block|partial/.test(name)),
    [],
    "no block of raw text stays behind",
  );
});

t.test("what a killed predecessor left in the work folder is cleared", async (t) => {
  const dataDir = await dataFolder(t);
  const left = join(dataDir, "engine", "own", "slots", "old");
  await mkdir(left, { recursive: true });
  const engine = await createEngine({
    dataDir,
    limits: { ...defaultEngineLimits, workers: 1, compilers: 1 },
    isolation: { allowWeak: true },
    log: createLog(),
  });
  t.teardown(() => engine.close());
  t.notOk(existsSync(left));
});

t.test("workers are told with role, pid, state and memory, and close ends them all", async (t) => {
  const { engine, dataDir } = await startEngine(t);
  await engine.compiler.parse({ ddl: "", sql: "SELECT 1" });
  const found = Promise.withResolvers<readonly { role: string; state: string }[]>();
  async function* body(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(personHeader);
    found.resolve(engine.workers());
    await engine.close();
    yield* chunksOf("");
  }
  const request = {
    columns: personColumns,
    subjects: personSubjects,
    output: join(dataDir, "v"),
    format: csvFormat,
    limits: ingestLimits,
  };
  const pids = engine.workers().map(({ pid }) => pid);
  const answer = await engine.ingest(request, body());
  t.match(answer, { kind: "refused", code: "CATALOG_FILE_INCOMPLETE" });
  await engine.close();
  const seen = await found.promise;
  t.ok(seen.some(({ role, state }) => role === "ingest" && state === "busy"));
  t.ok(seen.some(({ role, state }) => role === "compile" && state !== "busy"));
  t.ok(seen.some(({ role }) => role === "run"));
  t.same(engine.workers(), []);
  for (const pid of pids) t.throws(() => process.kill(pid, 0), { code: "ESRCH" });
  await t.rejects(engine.ingest(request, chunksOf("")), { code: "ENGINE_CLOSED" });
  await t.rejects(
    engine.provision({ output: join(dataDir, "x"), hidden: hiddenTables, tables: [], surrogateKey: new Uint8Array(32) }),
    {
      code: "ENGINE_CLOSED",
    },
  );
});
