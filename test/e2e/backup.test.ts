import { execFile } from "node:child_process";
import { appendFile, copyFile, cp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import t, { type Test } from "tap";
import { makeBackup } from "../../src/cli/backup.ts";
import { restoreBackup } from "../../src/cli/restore.ts";
import { startPlatform } from "../../src/cli/start-platform.ts";
import { makeTestFolder, prepareAgreement, problemOf, runToEnd, startTestPlatform, testConfig } from "../support/platform.ts";

const execute = promisify(execFile);
const sql = "SELECT county, count(*) AS n FROM person GROUP BY county ORDER BY county";

/** Files of a backup, in their form on disk. */
async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

t.test("a backup made beside a running gateway becomes the same platform again", async (t) => {
  const rig = await startTestPlatform(t);
  const folder = await makeTestFolder(t);
  const backup = join(folder, "backup");
  const { agreement } = await prepareAgreement(rig);
  const job = String((await runToEnd(rig, agreement, sql))["id"]);
  const shown = await rig.analyst.get(`/v1/jobs/${job}/result`);

  const made = await makeBackup({ dataDir: rig.dataDir }, backup);
  t.ok(made.manifest.database.tables.some(({ name, rows }) => name === "audit_event" && rows > 20));
  t.ok(made.manifest.files.some(({ path }) => path.startsWith("vault/")));
  t.ok(made.manifest.files.some(({ path }) => path.startsWith("keystore/")));
  t.notOk(
    made.manifest.files.some(({ path }) => /root|credentials|first-admin/.test(path)),
    "no secret that opens the rest",
  );
  const rootKey = await readFile(join(rig.dataDir, "../root.key"));
  const saved = await Promise.all((await filesBelow(backup)).map((file) => readFile(file)));
  t.notOk(
    saved.some((bytes) => bytes.includes(rootKey)),
    "the root key is nowhere in it",
  );
  const { items } = (await rig.auditor.get("/v1/audit/events?type=store.backed-up")) as { items: readonly unknown[] };
  t.equal(items.length, 1, "that it was made is an event");

  const published = join(folder, "published");
  await writeFile(published, await (await fetch(new URL("/log/checkpoint", rig.url))).text());
  await rig.platform.close();

  await t.test("restored with the root key it shows the same result and its log goes on", async (t) => {
    const dataDir = join(folder, "again");
    // Nothing was published after the backup but what it holds: the checkpoint of the backup's own size.
    const { events } = await restoreBackup({ dataDir }, backup, undefined);
    t.ok(events > 20n);
    await copyFile(join(rig.dataDir, "checkpoint"), join(dataDir, "checkpoint"));
    const platform = await startPlatform({
      dataDir,
      keyFile: join(rig.dataDir, "../root.key"),
      config: await testConfig(),
      clock: rig.clock,
    });
    t.teardown(() => platform.close());
    const analyst = rig.analyst.at(platform.url);
    t.same(await analyst.get(`/v1/jobs/${job}/result`), shown);
    t.equal((await runToEnd({ analyst }, agreement, sql))["state"], "done", "and runs new jobs on the restored data");
    const events2 = (await rig.auditor.at(platform.url).get("/v1/audit/events?type=store.restored")) as {
      items: readonly unknown[];
    };
    t.equal(events2.items.length, 1);
  });

  await t.test("without the last published checkpoint its log waits for two administrators and a new origin", async (t) => {
    const dataDir = join(folder, "waiting");
    await restoreBackup({ dataDir }, backup, undefined);
    const keyFile = join(rig.dataDir, "../root.key");
    const platform = await startPlatform({ dataDir, keyFile, config: await testConfig(), clock: rig.clock });
    const { url } = platform;
    t.equal((await fetch(new URL("/log/checkpoint", url))).status, 503);
    const security = await rig.signIn("security-admin", url);
    const auditor = await rig.signIn("audit-admin", url);
    const { id } = await security.post("/v1/log/origins", { reason: "机房故障，从备份恢复" });
    t.match(await problemOf(security.post(`/v1/log/origins/${String(id)}/approve`)), { httpStatus: 403, code: "ACCESS_DENIED" });
    t.match(await auditor.post(`/v1/log/origins/${String(id)}/approve`), { state: "approved" });
    t.match(await (await fetch(new URL("/log/checkpoint", url))).text(), /^hanguang\.example\/log\/2\n/);
    await platform.close();
    const verify = await execute(process.execPath, ["src/cli/verify.ts", "log", "--data-dir", dataDir, "--key-file", keyFile], {
      cwd: join(import.meta.dirname, "../.."),
    });
    t.match(verify.stdout, /log of hanguang\.example\/log\/2 holds/);
  });

  await t.test("without the root key it opens nothing", async (t) => {
    const dataDir = join(folder, "thief");
    await restoreBackup({ dataDir }, backup, undefined);
    await t.rejects(startPlatform({ dataDir, keyFile: join(folder, "no.key"), config: await testConfig() }), {
      code: /^KEYS_/,
    });
  });

  await t.test("a backup that was altered anywhere is not restored, and leaves nothing", async (t) => {
    await refusesDamage(t, folder, backup);
  });

  await t.test("nothing is written over", async (t) => {
    await t.rejects(makeBackup({ dataDir: rig.dataDir }, backup), { message: /not empty/ });
    await t.rejects(restoreBackup({ dataDir: rig.dataDir }, backup, undefined), { message: /not empty/ });
  });
});

async function refusesDamage(t: Test, folder: string, backup: string): Promise<void> {
  const manifest = await readFile(join(backup, "manifest.json"), "utf8");
  const firstFile = /"path": "(vault\/[^"]+)"/.exec(manifest)?.[1] ?? "";
  const damages: Readonly<Record<string, (copy: string) => Promise<unknown>>> = {
    "a table that was cut short": (copy) => truncate(join(copy, "tables/audit_event.copy.gz"), 200),
    "a table that is missing": (copy) => rm(join(copy, "tables/account.copy.gz")),
    "a table under another's name": (copy) =>
      copyFile(join(copy, "tables/account.copy.gz"), join(copy, "tables/session.copy.gz")),
    "a file with one byte more": (copy) => appendFile(join(copy, "files", firstFile), "x"),
    "a file that is missing": (copy) => rm(join(copy, "files", firstFile)),
    "a manifest that was never finished": (copy) => rm(join(copy, "manifest.json")),
    "a manifest that is no JSON": (copy) => truncate(join(copy, "manifest.json"), 100),
    "a path that climbs out": (copy) =>
      writeFile(join(copy, "manifest.json"), manifest.replace(firstFile, "../../../../tmp/hg-climbed")),
    "a migration of another release": (copy) =>
      writeFile(join(copy, "manifest.json"), manifest.replace("0001-foundation.sql", "0001-other.sql")),
    "a count of rows that differs": (copy) =>
      writeFile(join(copy, "manifest.json"), manifest.replace(/"rows": \d+/, '"rows": 12345')),
  };
  for (const [claim, damage] of Object.entries(damages)) {
    const copy = join(folder, "damaged");
    await cp(backup, copy, { recursive: true });
    await damage(copy);
    const dataDir = join(folder, "never");
    await t.rejects(restoreBackup({ dataDir }, copy, undefined), claim);
    const left = (await readdir(folder)).filter((name) => name.startsWith("never"));
    t.same(left, [], `${claim}: nothing is left`);
    await rm(copy, { recursive: true });
  }
}

t.test("a folder without a platform is told, and no backup is begun", async (t) => {
  const folder = await makeTestFolder(t);
  await t.rejects(makeBackup({ dataDir: join(folder, "none") }, join(folder, "backup")), { code: "STORE_EMPTY" });
});
