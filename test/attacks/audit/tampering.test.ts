import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import t from "tap";
import { type AuditLog, createAuditLog, type EventDraft } from "../../../src/audit/index.ts";
import { verifyLog } from "../../../src/cli/verify-log.ts";
import { storedEntries } from "../../../src/cli/verify-sources.ts";
import { createNoteSigner, leafHash, parseVerifierKey, rootOfLeaves, signCheckpoint } from "../../../src/kernel/index.ts";
import { openTestStore } from "../../support/store.ts";

const origin = "hanguang.test/log";
const event = (object: string, extra: Partial<EventDraft> = {}): EventDraft => ({
  type: "thing.made",
  actor: { kind: "system", component: "test" },
  object,
  outcome: "done",
  ...extra,
});

/** Runs the command an auditor is given. */
const verify = (...args: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> =>
  new Promise((resolve) => {
    const script = join(import.meta.dirname, "../../../src/cli/verify.ts");
    const child = execFile(process.execPath, [script, ...args], { env: { PATH: process.env["PATH"] } }, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });

const fixture = await openTestStore(t);
const { store, work, keys, ids, clock, dataDir } = fixture;
const folder = join(dataDir, "..");
const checkpointPath = join(dataDir, "checkpoint");
const openLog = () =>
  createAuditLog({ store, work, keys, ids, clock, origin, checkpointPath, intervalMs: 60_000, log: () => undefined });
/** As one who has the database's own password: no trigger and no foreign key stands in the way. */
const asSuperuser = async (...statements: readonly string[]): Promise<void> => {
  const { owner } = JSON.parse(await readFile(join(dataDir, "pg.credentials.json"), "utf8"));
  const user = { user: "hanguang_owner", password: owner, database: "hanguang" };
  const client = new pg.Client({ host: join(dataDir, "pg.sock"), ...user });
  await client.connect();
  for (const statement of ["SET session_replication_role = replica", ...statements]) await client.query(statement);
  await client.end();
};

const events = 30;
const first = await openLog();
for (let at = 0; at < events; at++) await work.record(event(`o${at}`));
const pristineNote = await first.checkpoint();
const vkey = await first.verifierKey();
await first.close();
const tables = ["audit_event", "audit_leaf", "audit_head", "audit_mention"];
await asSuperuser(...tables.map((table) => `CREATE TABLE kept_${table} AS SELECT * FROM ${table}`));
const restore = () =>
  asSuperuser(
    `TRUNCATE ${tables.join(", ")} CASCADE`,
    ...tables.map((table) => `INSERT INTO ${table} OVERRIDING SYSTEM VALUE SELECT * FROM kept_${table}`),
  );

/** Puts the log back as it was, lets an attacker at it while the platform runs, and verifies what is left. */
async function attacked(attack: (log: AuditLog) => Promise<void>) {
  await restore();
  await writeFile(checkpointPath, pristineNote);
  const log = await openLog();
  await attack(log);
  await log.close();
  return verifyLog(storedEntries(store), await readFile(checkpointPath, "utf8"), parseVerifierKey(vkey));
}
const alter = (at: number) =>
  `UPDATE audit_event SET leaf = convert_to(replace(convert_from(leaf, 'UTF8'), 'o${at}"', 'x${at}"'), 'UTF8')
   WHERE id = (SELECT event_id FROM audit_leaf WHERE leaf_index = ${at})`;
const rehash = (at: number) =>
  `UPDATE audit_leaf SET leaf_hash = sha256('\\x00'::bytea || (SELECT leaf FROM audit_event WHERE id = event_id)) WHERE leaf_index = ${at}`;

t.test("an untouched log holds, and its figures are those of the checkpoint", async (t) => {
  t.match(await attacked(async () => undefined), { ok: true, origin, size: String(events), beyond: "0" });
});

t.test("a superuser who alters one byte of an event is found at its index", async (t) => {
  for (const at of [0, 17, events - 1])
    t.match(await attacked(() => asSuperuser(alter(at))), { ok: false, problem: "leaf-altered", index: String(at) });
});

t.test("who alters an event and its hash too is found by the root, and the platform signs nothing more", async (t) => {
  const verdict = await attacked(async (log) => {
    await asSuperuser(alter(17), rehash(17));
    await work.record(event("later"));
    await t.rejects(log.checkpoint(), { code: "AUDIT_LOG_DIFFERS", message: /differ from those of the last published/ });
  });
  t.match(verdict, { ok: false, problem: "root-differs" });
});

t.test("who does so between two signatures cannot lead the platform to sign a second history", async (t) => {
  const verdict = await attacked(async (log) => {
    await work.record(event("later"));
    await log.checkpoint();
    await asSuperuser(alter(17), rehash(17));
    await work.record(event("later still"));
    await t.rejects(log.checkpoint(), { code: "AUDIT_LOG_DIFFERS" });
  });
  t.match(verdict, { ok: false, problem: "root-differs" });
});

t.test("a head that was moved to a root of its own is not signed", async (t) => {
  await attacked(async (log) => {
    await asSuperuser("UPDATE audit_head SET frontier = jsonb_set(frontier, '{0}', to_jsonb(repeat('ab', 32)))");
    await work.record(event("later"));
    await t.rejects(log.checkpoint(), { code: "AUDIT_LOG_BROKEN", message: /head is not the root/ });
  });
});

t.test("a proof of an altered event is not handed out", async (t) => {
  await attacked(async (log) => {
    await log.checkpoint();
    const row = await store.db
      .selectFrom("audit_leaf")
      .select("event_id")
      .where("leaf_index", "=", "17")
      .executeTakeFirstOrThrow();
    t.match(await log.inclusion(row.event_id), { index: "17" });
    await asSuperuser(alter(17));
    await t.rejects(log.inclusion(row.event_id), { code: "AUDIT_LOG_BROKEN" });
  });
});

t.test("an event that was taken out, alone or with its place, is missed at its index", async (t) => {
  const event17 = "(SELECT event_id FROM audit_leaf WHERE leaf_index = 17)";
  for (const statement of [
    `DELETE FROM audit_event WHERE id = ${event17}`,
    "DELETE FROM audit_leaf WHERE leaf_index = 17",
    "DELETE FROM audit_leaf WHERE leaf_index >= 17",
  ]) {
    await restore();
    await asSuperuser(statement);
    const verdict = await verifyLog(storedEntries(store), pristineNote, parseVerifierKey(vkey));
    t.match(verdict, { ok: false, problem: "leaf-missing", index: "17" }, statement);
  }
  await restore();
  await asSuperuser(
    `DELETE FROM audit_event WHERE id = ${event17}`,
    "DELETE FROM audit_leaf WHERE leaf_index = 17",
    "UPDATE audit_leaf SET leaf_index = -leaf_index WHERE leaf_index > 17",
    "UPDATE audit_leaf SET leaf_index = -leaf_index - 1 WHERE leaf_index < 0",
  );
  t.match(
    await verifyLog(storedEntries(store), pristineNote, parseVerifierKey(vkey)),
    { ok: false, problem: "leaf-missing", index: String(events - 1) },
    "closing the gap shows at the end",
  );
});

t.test("two events that changed places are found", async (t) => {
  const places = ["WHERE leaf_index = 4", "WHERE leaf_index = 5", "WHERE leaf_index = 4"];
  const verdict = await attacked(() =>
    asSuperuser(
      "CREATE TEMP TABLE moved AS SELECT leaf_index, event_id FROM audit_leaf WHERE leaf_index IN (4, 5)",
      `UPDATE audit_leaf SET event_id = 'nowhere' ${places[0]}`,
      `UPDATE audit_leaf SET event_id = (SELECT event_id FROM moved ${places[0]}) ${places[1]}`,
      `UPDATE audit_leaf SET event_id = (SELECT event_id FROM moved ${places[1]}) ${places[2]}`,
    ),
  );
  t.match(verdict, { ok: false, problem: "leaf-altered", index: "4" });
});

t.test("a store brought back from an older copy signs nothing, and says how to go on", async (t) => {
  await attacked(async (log) => {
    await work.record(event("newest"));
    const note = await log.checkpoint();
    await restore();
    await t.rejects(log.checkpoint(), { code: "AUDIT_LOG_BEHIND" }, "not even when it happens while it runs");

    const older = await openLog();
    await t.rejects(older.checkpoint(), { code: "AUDIT_LOG_BEHIND", message: /older copy.*new origin/s });
    await work.record(event("another history"));
    await t.rejects(older.checkpoint(), { code: "AUDIT_LOG_DIFFERS" }, "nor once it has grown to the same size");
    await rm(checkpointPath);
    const withoutFile = await openLog();
    await t.rejects(withoutFile.checkpoint(), { code: "AUDIT_CHECKPOINT_MISSING", message: /is gone/ }, "nor without the file");
    await Promise.all([older.close(), withoutFile.close()]);
    await writeFile(checkpointPath, note);
  });
  await restore();
  await writeFile(checkpointPath, pristineNote);
});

t.test("a checkpoint of another key or another log is not accepted", async (t) => {
  const leaves = ["a", "b"].map((text) => Buffer.from(text));
  const root = rootOfLeaves(leaves.map(leafHash));
  const signer = createNoteSigner(origin, generateKeyPairSync("ed25519").privateKey);
  const note = (named: string, size = 2n) => signCheckpoint({ origin: named, size, root, extensions: [] }, [signer]);
  async function* entries() {
    for (const [at, leaf] of leaves.entries()) yield { index: String(at), leaf, hash: undefined };
  }
  const check = (checkpoint: string, key: string) => verifyLog(entries(), checkpoint, parseVerifierKey(key));
  t.match(await check(note(origin), signer.verifierKey), { ok: true, size: "2" });
  t.match(await check(note(origin), vkey), { ok: false, problem: "checkpoint-invalid" });
  t.match(await check(note("other.test/log"), signer.verifierKey), { ok: false, problem: "checkpoint-invalid" });
  t.match(await check(note(origin, 3n), signer.verifierKey), { ok: false, problem: "leaf-missing", index: "2" });
  t.match(await check(note(origin, 1n), signer.verifierKey), { ok: false, problem: "root-differs" });
  t.match(await check("torn", signer.verifierKey), { ok: false, problem: "checkpoint-invalid" });
});

t.test("the auditor's command: from a stopped platform's folder, and from files that it kept", async (t) => {
  const inUse = await verify("log", "--data-dir", dataDir, "--log-key", vkey);
  t.match(inUse, { code: 2, err: /in use by process.*--url/s }, "a running platform is not disturbed");
  await asSuperuser(alter(17));
  await store.close();

  const keyFile = join(folder, "root.key");
  const altered = await verify("log", "--data-dir", dataDir, "--key-file", keyFile, "--json");
  t.match(altered, { code: 1, out: /"ok":false,"problem":"leaf-altered".*"index":"17"/ });
  const saved = join(folder, "saved");
  const sound = await verify("log", "--data-dir", dataDir, "--log-key", vkey, "--save", saved);
  t.match(sound, { code: 1, out: /does NOT hold.*Event 17/ });
  t.match(await verify("log", "--data-dir", dataDir, "--key-file", join(folder, "none.key")), { code: 2, err: /--log-key/ });
  await t.rejects(readFile(join(folder, "none.key")), { code: "ENOENT" }, "and no key was made");

  const path = join(saved, "leaves.ndjson");
  const files = ["--leaves", path, "--checkpoint", join(saved, "checkpoint"), "--log-key", vkey];
  t.match(await verify("log", ...files, "--json"), { code: 1, out: /"index":"17"/ });
  const lines = (await readFile(path, "utf8")).split("\n");
  await writeFile(path, [...lines.slice(0, 8), "not JSON", ...lines.slice(8)].join("\n"));
  t.match(await verify("log", ...files), { code: 2, err: /line 9/ });
});

t.test("what cannot be checked is neither held nor broken, and says what to do", async (t) => {
  const nowhere = ["--url", "http://127.0.0.1:9"];
  const answers = await Promise.all([
    verify("log", "--data-dir", join(folder, "none")),
    verify("log", ...nowhere),
    verify("log", ...nowhere, "--log-key", vkey),
    verify("log", "--leaves", "x", "--log-key", vkey),
    verify("log", "--log-key", "nonsense"),
    verify("everything"),
    verify("package", "--log-key", vkey, "--package-key", vkey),
  ]);
  const expected = [
    /holds no store.*--data-dir/s,
    /--log-key is missing.*\/log\/key/s,
    /does not answer/,
    /--leaves needs --checkpoint/,
    /--log-key.*looks like/,
    /Neither log nor package/,
    /Name the package/,
  ];
  for (const [at, err] of expected.entries()) t.match(answers[at], { code: 2, err });
});
