import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import t from "tap";
import { createAuditLog } from "../../../src/audit/index.ts";
import { formatVerifierKey, parseVerifierKey, verifyCheckpoint } from "../../../src/kernel/index.ts";
import { openTestIdentity } from "../../support/identity.ts";
import { expectValue } from "../../support/value.ts";

const base = await openTestIdentity(t);
const { store, work, keys, ids, clock, dataDir, signIn } = base;
const origin = "hanguang.test/log";
const checkpointPath = join(dataDir, "checkpoint");
const openLog = async () => {
  const log = await createAuditLog({
    store,
    work,
    keys,
    ids,
    clock,
    origin,
    checkpointPath,
    intervalMs: 60_000,
    log: () => undefined,
  });
  t.teardown(() => log.close());
  return log;
};
const log = await openLog();
const security = await signIn("security-admin");
const auditor = await signIn("audit-admin");
const reason = "主库损坏，从昨夜备份恢复";
const refused = (code: string) => ({ kind: "refused", code });
const typesOf = async (type: string): Promise<readonly string[]> => {
  const page = expectValue(await log.readEvents(auditor, { type }));
  return page.items.map(({ event }) => `${event.outcome}${event.code === undefined ? "" : `:${event.code}`}`);
};

t.test("while the log signs, nobody can begin a second history", async (t) => {
  await log.checkpoint();
  t.match(await log.origins.propose(security, { reason }), refused("AUDIT_ORIGIN_NOT_NEEDED"));
  t.strictSame(await typesOf("log.origin-proposed"), ["refused:AUDIT_ORIGIN_NOT_NEEDED"]);
  t.strictSame(await log.origins.list(), []);
});

t.test("a head that was altered is not hidden behind a new origin", async (t) => {
  // Nothing waits for its place while the head is wrong.
  await log.checkpoint();
  const { owner } = JSON.parse(await readFile(join(dataDir, "pg.credentials.json"), "utf8"));
  const client = new pg.Client({ host: join(dataDir, "pg.sock"), user: "hanguang_owner", password: owner, database: "hanguang" });
  await client.connect();
  const { rows } = await client.query<{ frontier: unknown }>("SELECT frontier FROM audit_head");
  await client.query("UPDATE audit_head SET frontier = jsonb_set(frontier, '{0}', to_jsonb(repeat('ab', 32)))");
  const fresh = await openLog();
  await t.rejects(fresh.checkpoint(), { code: "AUDIT_LOG_BROKEN" });
  t.match(await fresh.origins.propose(security, { reason }), refused("AUDIT_ORIGIN_NOT_NEEDED"));
  await client.query("UPDATE audit_head SET frontier = $1", [JSON.stringify(rows[0]?.frontier)]);
  await client.end();
});

t.test("without the last checkpoint nothing is signed until two administrators approve a new origin", async (t) => {
  const old = await log.checkpoint();
  await rm(checkpointPath);
  const restored = await openLog();
  t.match(await restored.readCheckpoint(), refused("AUDIT_LOG_NOT_SIGNING"));
  const proposed = expectValue(await restored.origins.propose(security, { reason }));
  t.match(proposed, { number: 2, origin: `${origin}/2`, follows: origin, state: "proposed", approvedBy: null });
  t.match(await restored.readCheckpoint(), refused("AUDIT_LOG_NOT_SIGNING"), "one person is not enough");
  t.match(await restored.origins.propose(auditor, { reason }), refused("AUDIT_ORIGIN_PROPOSED"));
  t.match(await restored.origins.approve(security, proposed.id), refused("AUDIT_ORIGIN_OWN"));
  t.match(await restored.origins.approve(auditor, ids.make("logOrigin")), refused("AUDIT_ORIGIN_NOT_FOUND"));
  t.match(await restored.origins.approve(auditor, "no id \u0000"), refused("AUDIT_ORIGIN_NOT_FOUND"));

  const approvals = await Promise.all([1, 2, 3].map(() => restored.origins.approve(auditor, proposed.id)));
  t.equal(approvals.filter((answer) => !("code" in answer)).length, 1, "approved once, however often at once");
  const note = await restored.checkpoint();
  t.equal(note.split("\n")[0], `${origin}/2`);
  const [newKey, oldKey] = [
    await restored.verifierKey(),
    formatVerifierKey(origin, (await keys.signing("log-signing")).publicBytes),
  ];
  t.match(verifyCheckpoint(note, `${origin}/2`, [parseVerifierKey(newKey)]), { kind: "checkpoint" });
  t.match(verifyCheckpoint(note, origin, [parseVerifierKey(oldKey)]), { kind: "refused" }, "it is not the old log's");
  t.match(verifyCheckpoint(old, origin, [parseVerifierKey(oldKey)]), { kind: "checkpoint" }, "what was published stays true");
  t.strictSame(await typesOf("log.origin-begun"), ["done"]);

  const another = await openLog();
  t.equal((await another.checkpoint()).split("\n")[0], `${origin}/2`, "on every gateway");
  t.equal((await log.checkpoint()).split("\n")[0], `${origin}/2`, "also on one that ran before");
});

t.test("the new origin's own checkpoint may not be taken away, nor an old one put in its place", async (t) => {
  const note = await log.checkpoint();
  await rm(checkpointPath);
  await t.rejects((await openLog()).checkpoint(), { code: "AUDIT_CHECKPOINT_MISSING" });
  const forged = note.replace(`${origin}/2`, origin);
  await writeFile(checkpointPath, forged);
  await t.rejects((await openLog()).checkpoint(), { code: "AUDIT_LOG_BROKEN" });
  await writeFile(checkpointPath, note);
  t.ok(await (await openLog()).checkpoint());
});

t.test("when the right checkpoint is put back, a proposal is worth nothing", async (t) => {
  const note = await log.checkpoint();
  await rm(checkpointPath);
  const { id } = expectValue(await (await openLog()).origins.propose(security, { reason }));
  await writeFile(checkpointPath, note);
  t.match(await (await openLog()).origins.approve(auditor, id), refused("AUDIT_ORIGIN_NOT_NEEDED"));
});
