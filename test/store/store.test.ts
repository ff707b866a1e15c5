import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import t, { type Test } from "tap";
import { systemRandom } from "../../src/kernel/index.ts";
import { isUnavailable, openStore, type Store } from "../../src/store/index.ts";
import { migrate } from "../../src/store/pg-migrate.ts";
import { openTestStore } from "../support/store.ts";

const makeFolder = async (t: Test, name = "data"): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), "hg-store-"));
  await chmod(folder, 0o755);
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return join(folder, name);
};
const open = (dataDir: string, extra: { readonly readOnly?: boolean } = {}): Promise<Store> =>
  openStore({ dataDir, random: systemRandom, log: () => undefined, ...extra });
const insert = (store: Store, id: string) =>
  store.db
    .insertInto("resource_family")
    .values({ id, title: id, created_at: new Date(0) })
    .execute();
const titles = async (store: Store) =>
  (await store.db.selectFrom("resource_family").select("id").orderBy("id").execute()).map(({ id }) => id);
/** An orphan that has ended may stay a zombie for as long as nobody collects it. */
const isRunning = (pid: number): Promise<boolean> =>
  readFile(`/proc/${pid}/stat`, "utf8").then(
    (stat) => !stat.includes(") Z "),
    () => false,
  );
/** Opens the store as a gateway of its own, and kills it without a chance to clean up. */
const openAndKill = async (dataDir: string, during: () => Promise<void>): Promise<number> => {
  const child = spawn(process.execPath, [join(import.meta.dirname, "../support/store-child.ts"), dataDir]);
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  await during();
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
  return Number(line.toString());
};
const asOwner = async (dataDir: string, database: string): Promise<pg.Client> => {
  const { owner } = JSON.parse(await readFile(join(dataDir, "pg.credentials.json"), "utf8"));
  const client = new pg.Client({ host: join(dataDir, "pg.sock"), user: "hanguang_owner", password: owner, database });
  await client.connect();
  return client;
};

t.test("a data folder is made at first start, closed to others, and serves again after a stop", async (t) => {
  const dataDir = await makeFolder(t);
  const first = await open(dataDir);
  await insert(first, "kept");
  const pid = first.serverPid() ?? 0;
  await first.close();
  t.notOk(await isRunning(pid), "closing stops the server");
  t.notOk(await first.ping().catch(() => false));
  const second = await open(dataDir);
  t.strictSame(await titles(second), ["kept"]);
  t.ok(await second.ping());
  await second.close();
});

t.test("a second gateway on the same folder is refused, and the first goes on undisturbed", async (t) => {
  const dataDir = await makeFolder(t);
  const own = await open(dataDir);
  await t.rejects(open(dataDir), { code: "STORE_FOLDER_IN_USE", message: new RegExp(`process ${process.pid}\\b.*--data-dir`) });
  await t.rejects(open(dataDir, { readOnly: true }), { code: "STORE_FOLDER_IN_USE" });
  t.ok(await own.ping());
  await own.close();

  await openAndKill(dataDir, async () => {
    await t.rejects(open(dataDir), { code: "STORE_FOLDER_IN_USE" });
  });
  // The killed one's server is still there: taken over, and stopped in order.
  await (await open(dataDir)).close();
});

t.test("what a killed gateway left behind, server and lock, is taken over with its data", async (t) => {
  const dataDir = await makeFolder(t);
  const left = await openAndKill(dataDir, async () => undefined);
  t.ok(await isRunning(left), "its server outlived it");
  const next = await open(dataDir);
  t.notOk(await isRunning(left), "and was stopped");
  await insert(next, "after");
  t.strictSame(await titles(next), ["after"]);
  await next.close();
});

t.test("a lock that names a process of another start, or nothing readable, is stale", async (t) => {
  const dataDir = await makeFolder(t);
  await mkdir(dataDir, { mode: 0o755 });
  for (const lock of [`${process.pid} another-boot/1\n`, "4194304 x/1\n", "torn"]) {
    await writeFile(join(dataDir, "lock"), lock);
    const store = await open(dataDir);
    t.ok(await store.ping(), JSON.stringify(lock));
    await store.close();
  }
  await t.rejects(readFile(join(dataDir, "lock")), { code: "ENOENT" }, "a lock is given back");
});

t.test("a server that is killed under load comes back, and every acknowledged row is there", async (t) => {
  // A path too long for a socket: it lies elsewhere then, and must lie at the same place after a restart.
  const dataDir = await makeFolder(t, `data-${"x".repeat(90)}`);
  const store = await open(dataDir);
  const acknowledged: string[] = [];
  const failures: unknown[] = [];
  let killed = false;
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    for (let at = 0; ; at++) {
      const id = `w${writer}-${String(at).padStart(5, "0")}`;
      const ok = await insert(store, id).then(
        () => true,
        (error: unknown) => failures.push(error) < 0,
      );
      if (ok) acknowledged.push(id);
      if (ok && killed && failures.length > 0) return;
      if (acknowledged.length > 200 && !killed) {
        killed = true;
        process.kill(store.serverPid() ?? 0, "SIGKILL");
      }
    }
  });
  await Promise.all(writers);
  const stored = new Set(await titles(store));
  t.ok(acknowledged.length > 200);
  t.ok(acknowledged.every((id) => stored.has(id)));
  t.ok(failures.length > 0);
  t.ok(failures.every(isUnavailable), "and every failure says that the server was away");
  await store.close();
});

t.test("a store that is opened for reading is not written, and none is made", async (t) => {
  const dataDir = await makeFolder(t);
  await t.rejects(open(dataDir, { readOnly: true }), { code: "STORE_EMPTY", message: /--data-dir/ });
  const first = await open(dataDir);
  await insert(first, "kept");
  await first.close();
  const reader = await open(dataDir, { readOnly: true });
  t.strictSame(await titles(reader), ["kept"]);
  await t.rejects(insert(reader, "more"), { code: "25006" });
  await reader.close();
});

t.test("a migration that was changed after it was applied stops the start, and leaves nothing running", async (t) => {
  const dataDir = await makeFolder(t);
  const first = await open(dataDir);
  const owner = await asOwner(dataDir, "hanguang");
  await owner.query("UPDATE migration SET sha256 = 'other'");
  await owner.end();
  await first.close();
  await t.rejects(open(dataDir), { code: "STORE_MIGRATION_CHANGED", message: /0001-foundation\.sql.*add a new one/ });
  await t.rejects(readFile(join(dataDir, "pg", "postmaster.pid")), { code: "ENOENT" });
  await t.rejects(readFile(join(dataDir, "lock")), { code: "ENOENT" });
});

t.test("migrations", async (t) => {
  const { dataDir } = await openTestStore(t);
  const fresh = async (name: string) => {
    const admin = await asOwner(dataDir, "hanguang");
    await admin.query(`CREATE DATABASE ${name}`);
    await admin.end();
  };
  const step = (name: string, sql: string) => ({ name, sql, sha256: sql });

  await t.test("two processes that migrate at once apply each step once", async (t) => {
    await fresh("together");
    const clients = await Promise.all([asOwner(dataDir, "together"), asOwner(dataDir, "together")]);
    const steps = [step("0001", "CREATE TABLE a ()"), step("0002", "SELECT pg_sleep(0.05); CREATE TABLE b ()")];
    const applied = await Promise.all(clients.map((client) => migrate(client, steps)));
    t.strictSame(applied.flat().sort(), ["0001", "0002"]);
    await Promise.all(clients.map((client) => client.end()));
  });

  await t.test("a step that fails is undone whole, and what came before stays", async (t) => {
    await fresh("failing");
    const client = await asOwner(dataDir, "failing");
    const good = step("0001", "CREATE TABLE a ()");
    await t.rejects(migrate(client, [good, step("0002", "CREATE TABLE b (); SELECT 1/0")]), {
      code: "STORE_MIGRATION_FAILED",
      message: /0002/,
    });
    t.strictSame(await migrate(client, [good, step("0002", "CREATE TABLE b ()")]), ["0002"]);
    t.strictSame(await migrate(client, [good, step("0002", "CREATE TABLE b ()")]), []);
    await client.end();
  });
});

t.test("the service role owns nothing and cannot change what is past", async (t) => {
  const { store } = await openTestStore(t);
  const session = await store.session();
  for (const statement of [
    "ALTER TABLE audit_event DISABLE TRIGGER ALL",
    "DROP TABLE audit_leaf",
    "SET session_replication_role = replica",
    "CREATE TABLE own ()",
    "UPDATE migration SET sha256 = ''",
    "COPY audit_event TO PROGRAM 'true'",
  ])
    await t.rejects(session.query(statement), { code: "42501" }, statement);
  await session.end();
});
