import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { createAuditLog, type EventDraft } from "../../src/audit/index.ts";
import { traceOf } from "../../src/audit/trace.ts";
import {
  leafHash,
  parseCheckpoint,
  parseVerifierKey,
  rootOfLeaves,
  verifyCheckpoint,
  verifyInclusion,
} from "../../src/kernel/index.ts";
import { openTestStore } from "../support/store.ts";
import { expectValue } from "../support/value.ts";

const fixture = await openTestStore(t);
const { store, work, ids, clock, keys, dataDir } = fixture;
const origin = "hanguang.test/log";
const checkpointPath = join(dataDir, "checkpoint");
const open = () =>
  createAuditLog({ store, work, keys, ids, clock, origin, checkpointPath, intervalMs: 50, log: () => undefined });
const log = await open();
t.teardown(() => log.close());
const actor = { kind: "system", component: "test" } as const;
const event = (object: string, extra: Partial<EventDraft> = {}): EventDraft => ({
  type: "thing.made",
  actor,
  object,
  outcome: "done",
  ...extra,
});

const leaves = async () =>
  await store.db
    .selectFrom("audit_leaf")
    .innerJoin("audit_event", "audit_event.id", "audit_leaf.event_id")
    .select(["leaf_index", "leaf", "leaf_hash"])
    .orderBy("leaf_index")
    .execute();

t.test("under eight writers every event gets one index, dense from 0, and the root is that of RFC 6962", async (t) => {
  await Promise.all(
    Array.from({ length: 8 }, async (_, writer) => {
      for (let at = 0; at < 40; at++) {
        await work.record(event(`w${writer}-${at}`));
        if (at % 10 === 0) await log.flush();
      }
    }),
  );
  const head = await log.flush();
  const rows = await leaves();
  t.equal(head.size, 320n);
  t.strictSame(
    rows.map(({ leaf_index }) => leaf_index),
    Array.from({ length: 320 }, (_, at) => String(at)),
  );
  t.strictSame(Buffer.from(head.root), Buffer.from(rootOfLeaves(rows.map(({ leaf }) => leafHash(leaf)))));
});

t.test("a transaction that commits late still gets its place", async (t) => {
  const late = await store.session();
  await late.query("BEGIN");
  await late.query("INSERT INTO audit_event (id, leaf) VALUES ($1, $2)", [
    "evt_late",
    Buffer.from(JSON.stringify({ object: "late", actor })),
  ]);
  for (let round = 0; round < 5; round++) {
    await work.record(event(`meanwhile-${round}`));
    await log.flush();
  }
  await late.query("COMMIT");
  await late.end();
  const { size } = await log.flush();
  t.equal(size, 326n);
  t.ok(await store.db.selectFrom("audit_leaf").select("leaf_index").where("event_id", "=", "evt_late").executeTakeFirst());
});

t.test("a checkpoint is signed by the log's key and kept outside the store", async (t) => {
  const note = await log.checkpoint();
  const checkpoint = verifyCheckpoint(note, origin, [parseVerifierKey(await log.verifierKey())]);
  t.match(checkpoint, { kind: "checkpoint", size: 326n });
  t.equal(await readFile(checkpointPath, "utf8"), note);
});

t.test("the inclusion of an event is proved without the log", async (t) => {
  const id = await work.record(event("proved"));
  const { index, leaf, proof } = await log.inclusion(id);
  const [header, place, ...rest] = proof.split("\n");
  const blank = rest.indexOf("");
  const checkpoint = expectValue(
    verifyCheckpoint(rest.slice(blank + 1).join("\n"), origin, [parseVerifierKey(await log.verifierKey())]),
  );
  t.equal(header, "c2sp.org/tlog-proof@v1");
  t.equal(place, `index ${index}`);
  const hashes = rest.slice(0, blank).map((line) => Buffer.from(line, "base64"));
  t.ok(
    verifyInclusion({
      leafHash: leafHash(leaf),
      index: BigInt(index),
      size: checkpoint.size,
      proof: hashes,
      root: checkpoint.root,
    }),
  );
  await t.rejects(log.inclusion("evt_none"), { code: "AUDIT_LOG_BROKEN" });
});

t.test("events are found by exact fields, newest first, and every reading is an event", async (t) => {
  const account = {
    kind: "account",
    id: ids.make("user"),
    organisation: ids.make("organisation"),
    roles: ["audit-admin"],
    session: ids.make("session"),
  } as const;
  await work.record(event("found", { type: "found.one", actor: account }));
  await work.record(event("found", { type: "found.two", actor: account, outcome: "refused", code: "NO" }));
  const page = expectValue(await log.readEvents(actor, { object: "found" }));
  t.strictSame(
    page.items.map(({ event }) => event.type),
    ["found.two", "found.one"],
  );
  t.match(await log.readEvents(actor, { actor: account.id, type: "found.one" }), { items: [{ event: { type: "found.one" } }] });
  t.match(await log.readEvents(actor, { type: "audit.read" }), {
    items: [{ event: { type: "audit.read" } }, { event: { type: "audit.read" } }],
  });
  const first = expectValue(await log.readEvents(actor, { limit: "2" }));
  const second = expectValue(await log.readEvents(actor, { limit: "2", cursor: first.next }));
  t.equal(Number(second.items[0]?.index), Number(first.items[1]?.index) - 1, "a cursor is stable under appends");
  t.match(await log.readEvents(actor, { from: "2026-03-02T08:00:00Z", to: "2026-03-02T08:00:00.001Z", limit: "1" }), {
    items: [{}],
  });
  t.match(await log.readEvents(actor, { to: "2026-03-02T08:00:00Z" }), { items: [] });
  for (const time of ["yesterday", "2026", "March 7", "2026-03-02 08:00:00", "2026-13-01T00:00:00Z"])
    t.match(await log.readEvents(actor, { from: time }), { kind: "refused", code: "AUDIT_TIME_MALFORMED" }, time);
  t.match(await log.readEvents(actor, { from: "2026-03-02T16:00:00+08:00", to: "2026-03-02T16:00:00.001+08:00", limit: "1" }), {
    items: [{}],
  });
  t.match(await log.readEvents(actor, { object: "a\u0000b" }), { items: [] });
});

t.test("a trace goes back to what led to an id and forward to what came of it, not sideways", async (t) => {
  const chain = ["source", "agreement", "job"];
  for (const [at, object] of chain.entries()) await work.record(event(object, at === 0 ? {} : { from: [chain[at - 1] ?? ""] }));
  await work.record(event("job", { type: "job.done", made: ["result"] }));
  await work.record(event("export", { from: ["result"] }));
  await work.record(event("export", { type: "export.released", links: { agreement: "agreement" } }));
  await work.record(event("other-job", { from: ["agreement"] }));
  await work.record(event("refused-export", { from: ["job"], outcome: "refused", code: "NO" }));
  const trace = expectValue(await log.readTrace(actor, "job"));
  t.strictSame(
    trace.nodes.map(({ id, distance }) => [distance, id]),
    [
      [-2, "source"],
      [-1, "agreement"],
      [0, "job"],
      [1, "result"],
      [2, "export"],
    ],
  );
  t.strictSame(
    trace.edges.map(({ object, from, how }) => `${object} ${how} ${from}`),
    ["job made-from agreement", "result made-from job", "agreement made-from source", "export made-from result"],
  );
  t.strictSame(
    trace.nodes.at(-1)?.events.map(({ type }) => type),
    ["thing.made", "export.released"],
  );
  t.equal(trace.nodes.at(-2)?.origin?.type, "job.done");
  t.notOk(trace.truncated);
  const back = expectValue(await log.readTrace(actor, "export"));
  t.strictSame(
    back.nodes.map(({ id }) => id),
    ["source", "agreement", "job", "result", "export"],
  );
});

t.test("from an account the trace leads to all it did, and on from what it made", async (t) => {
  const account = {
    kind: "account",
    id: ids.make("user"),
    organisation: ids.make("organisation"),
    roles: ["analyst"],
    session: ids.make("session"),
  } as const;
  const job = ids.make("job");
  await work.record(event("their-agreement"));
  await work.record(event("their-agreement", { type: "thing.approved", actor: account }));
  await work.record(event("foreign-job", { from: ["their-agreement"] }));
  await work.record(event(job, { from: ["their-agreement"], actor: account }));
  await work.record(event(job, { made: ["their-result"] }));
  const trace = expectValue(await log.readTrace(actor, account.id));
  t.strictSame(
    trace.nodes.map(({ id, kind, distance }) => [distance, kind, id]),
    [
      [0, "user", account.id],
      [1, "job", job],
      [1, "other", "their-agreement"],
      [2, "other", "their-result"],
    ],
  );
  t.equal(trace.nodes[0]?.events.length, 2);
});

t.test("a trace is bounded, says so, and shows the nearest part", async (t) => {
  await work.record(event("wide"));
  for (let at = 0; at < 12; at++) await work.record(event(`leaf-${at}`, { from: ["wide"] }));
  await log.flush();
  const narrow = await traceOf(store, "wide", { nodes: 5, eventsPerNode: 1000 });
  t.equal(narrow.nodes.length, 5);
  t.equal(narrow.edges.length, 4);
  t.ok(narrow.truncated);
  t.ok((await traceOf(store, "wide", { nodes: 500, eventsPerNode: 3 })).truncated);
  t.notOk((await traceOf(store, "wide")).truncated);
});

t.test("an unknown id has no trace, and asking is an event too", async (t) => {
  for (const id of ["nothing-of-that-name", "", "\u0000", "x".repeat(5000)])
    t.match(await log.readTrace(actor, id), { kind: "refused", code: "AUDIT_NOT_FOUND" });
  const asked = expectValue(await log.readEvents(actor, { type: "audit.traced", limit: "4" }));
  t.ok(asked.items.every(({ event }) => event.outcome === "refused" && event.code === "AUDIT_NOT_FOUND"));
});

t.test("leaves are handed out for verification, in order", async (t) => {
  const lines = (await log.readLeaves(actor, { after: "4", limit: "3" }))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  t.strictSame(
    lines.map(({ index }) => index),
    ["5", "6", "7"],
  );
  for (const { leaf, hash } of lines) t.equal(Buffer.from(leafHash(Buffer.from(leaf, "base64"))).toString("base64"), hash);
});

t.test("a store older than the published checkpoint refuses to sign, and says how to go on", async (t) => {
  const note = await log.checkpoint();
  const published = expectValue(parseCheckpoint(note.slice(0, note.lastIndexOf("\n\n") + 1)));
  const { signCheckpoint, createNoteSigner } = await import("../../src/kernel/index.ts");
  const { privateKey } = await keys.signing("log-signing");
  const signer = createNoteSigner(origin, privateKey);
  await writeFile(checkpointPath, signCheckpoint({ ...published, size: published.size + 1000n }, [signer]));
  const older = await open();
  await t.rejects(older.checkpoint(), { code: "AUDIT_LOG_BEHIND", message: /restored from an older copy.*new origin/s });
  await older.close();

  await writeFile(checkpointPath, signCheckpoint({ ...published, root: new Uint8Array(32) }, [signer]));
  const forked = await open();
  await t.rejects(forked.checkpoint(), { code: "AUDIT_LOG_DIFFERS", message: /differ from those/ });
  await forked.close();

  await writeFile(checkpointPath, "not a note\n");
  const foreign = await open();
  await t.rejects(foreign.checkpoint(), { code: "AUDIT_LOG_BROKEN", message: /not one of this log's/ });
  await foreign.close();

  await rm(checkpointPath);
  const removed = await open();
  await t.rejects(removed.checkpoint(), { code: "AUDIT_CHECKPOINT_MISSING", message: /is gone.*Put the file back/ });
  await removed.close();

  await writeFile(checkpointPath, note);
  const right = await open();
  t.match(await right.checkpoint(), /^hanguang\.test\/log\n/);
  await right.close();
});
