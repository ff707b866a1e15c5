import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import t, { type Test } from "tap";
import { expectOne } from "../../src/audit/index.ts";
import { systemRandom } from "../../src/kernel/index.ts";
import { dumpDatabase, openStore, restoreStore } from "../../src/store/index.ts";
import { loadDump } from "../../src/store/pg-dump.ts";
import { makeTestFolder } from "../support/platform.ts";
import { openTestStore } from "../support/store.ts";

const run = promisify(execFile);

/** An older major version of the server, as distributions install it. */
async function findOlderServer(): Promise<string | undefined> {
  const versions = await readdir("/usr/lib/postgresql").catch(() => []);
  const older = versions.filter((version) => Number(version) >= 14 && Number(version) < 18).sort();
  return older[0] === undefined ? undefined : join("/usr/lib/postgresql", older[0], "bin");
}

const binaries = await findOlderServer();
const skip = binaries === undefined ? "no older PostgreSQL is installed here (Debian: apt install postgresql)" : false;

/** Starts it on a socket of its own, under the account that may run it. */
async function startOlder(t: Test, bin: string, folder: string): Promise<pg.ClientConfig> {
  const idOf = async (flag: string) => Number((await run("id", [flag, "postgres"])).stdout);
  const asRoot = process.getuid?.() === 0;
  const ids = asRoot ? { uid: await idOf("-u"), gid: await idOf("-g") } : undefined;
  const [data, socket] = [join(folder, "older"), join(folder, "socket")];
  for (const path of [data, socket]) {
    await mkdir(path, { mode: 0o700 });
    if (ids !== undefined) await chown(path, ids.uid, ids.gid);
  }
  const flags = ["--auth=trust", "--username=owner", "--encoding=UTF8", "--locale=C.UTF-8"];
  await run(join(bin, "initdb"), [`--pgdata=${data}`, ...flags], { ...ids, env: {} });
  const server = spawn(
    join(bin, "postgres"),
    ["-D", data, "-c", "listen_addresses=", "-c", `unix_socket_directories=${socket}`],
    {
      ...ids,
      env: { LC_MESSAGES: "C" },
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  t.teardown(async () => {
    const gone = once(server, "exit");
    if (server.kill("SIGINT")) await gone;
    await rm(folder, { recursive: true, force: true });
  });
  // Read to the end: a line may come in two pieces, and a server whose messages nobody takes may wait for ever.
  await new Promise<void>((resolve, reject) => {
    let said = "";
    server.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes("ready to accept connections")) resolve();
    });
    server.once("exit", () => reject(new Error(`the older PostgreSQL ended: ${said}`)));
  });
  const config = { host: socket, user: "owner", database: "hanguang" };
  const admin = new pg.Client({ ...config, database: "postgres" });
  await admin.connect();
  await admin.query("CREATE ROLE hanguang_service NOLOGIN");
  await admin.query("CREATE DATABASE hanguang");
  await admin.end();
  return config;
}

t.test("what an older major version held is held by this one, row for row", { skip }, async (t) => {
  const folder = await makeTestFolder(t);
  await chmod(folder, 0o755);
  const { store, work } = await openTestStore(t);
  const texts = ["甲", 'tab\tnewline\n backslash\\ quote"', "\\N", "\\.", ""];
  for (const [at, name] of texts.entries())
    await work.change({ type: "organisation.created", actor: { kind: "anonymous" }, object: `o${at}`, outcome: "done" }, [
      expectOne(
        store.db
          .insertInto("organisation")
          .values({ id: `o${at}`, kind: "agency", name, uscc: null, created_at: new Date("2026-03-02T08:00:00.123Z") })
          .returning("id"),
      ),
    ]);
  const session = await store.session();
  const first = await dumpDatabase(session, join(folder, "first"), async () => undefined);
  await session.end();

  const older = await startOlder(t, binaries ?? "", folder);
  const owner = new pg.Client(older);
  await owner.connect();
  await loadDump(owner, first.dump, join(folder, "first"));
  const second = await dumpDatabase(owner, join(folder, "second"), async () => undefined);
  await owner.end();
  t.match(second.dump.serverVersion, /^1[4-7]\./);

  const dataDir = join(folder, "newer");
  await restoreStore({
    dataDir,
    random: systemRandom,
    ownerUrl: undefined,
    dump: second.dump,
    folder: join(folder, "second"),
  });
  const newer = await openStore({
    dataDir,
    random: systemRandom,
    log: () => undefined,
  });
  t.teardown(newer.close);
  const again = await newer.session();
  const third = await dumpDatabase(again, join(folder, "third"), async () => undefined);
  await again.end();
  t.strictSame(third.dump.tables, first.dump.tables, "every table has the same text, byte for byte");
  t.ok(first.dump.tables.find(({ name }) => name === "organisation")?.rows === texts.length);
  const names = await newer.db.selectFrom("organisation").select("name").orderBy("id").execute();
  t.strictSame(
    names.map(({ name }) => name),
    texts,
  );
});
