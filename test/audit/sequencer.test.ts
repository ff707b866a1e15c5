import { setImmediate as nextTurn } from "node:timers/promises";
import t from "tap";
import type { EventDraft } from "../../src/audit/index.ts";
import { createSequencer } from "../../src/audit/sequencer.ts";
import { leafHash, rootOfLeaves } from "../../src/kernel/index.ts";
import { openTestStore } from "../support/store.ts";

const { store, work } = await openTestStore(t);
const create = () => createSequencer({ store, intervalMs: 60_000, log: () => undefined });
const event = (object: string): EventDraft => ({
  type: "thing.made",
  actor: { kind: "system", component: "test" },
  object,
  outcome: "done",
});
const logged = () =>
  store.db
    .selectFrom("audit_leaf")
    .innerJoin("audit_event", "audit_event.id", "audit_leaf.event_id")
    .select(["leaf_index", "event_id", "leaf"])
    .orderBy("leaf_index")
    .execute();

t.test("a transaction that stays open over thousands of events and many rounds gets its place when it commits", async (t) => {
  const sequencer = create();
  const late = await store.session();
  const other = await store.session();
  await late.query("BEGIN");
  await late.query("INSERT INTO audit_event (id, leaf) VALUES ('evt_late', '{}')");
  for (let round = 0; round < 6; round++) {
    await other.query("INSERT INTO audit_event (id, leaf) SELECT 'evt_' || $1 || '_' || g, '{}' FROM generate_series(1, 700) g", [
      String(round),
    ]);
    await sequencer.flush();
  }
  t.equal((await sequencer.flush()).size, 4200n);
  await late.query("COMMIT");
  t.equal((await sequencer.flush()).size, 4201n);
  t.equal((await logged()).at(-1)?.event_id, "evt_late");

  await late.query("BEGIN");
  await late.query("INSERT INTO audit_event (id, leaf) VALUES ('evt_undone', '{}')");
  await sequencer.flush();
  await late.query("ROLLBACK");
  for (let round = 0; round < 3; round++) await sequencer.flush();
  t.equal((await sequencer.flush()).size, 4201n, "what was undone leaves no gap");
  await Promise.all([late.end(), other.end(), sequencer.close()]);
});

t.test("sequencers that are killed again and again under eight writers leave no gap and lose nothing acknowledged", async (t) => {
  const before = (await logged()).length;
  const acknowledged: string[] = [];
  let writing = true;
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    for (let at = 0; at < 60; at++) {
      const id = await work.record(event(`w${writer}-${at}`)).catch(() => undefined);
      if (id !== undefined) acknowledged.push(id);
    }
  });
  const finished = Promise.all(writers).then(() => {
    writing = false;
  });
  const sequencers = [create(), create()];
  const sequencing = sequencers.map(async (sequencer) => {
    while (writing) await sequencer.flush().catch(() => undefined);
  });
  const killer = await store.session();
  let killed = 0;
  while (writing) {
    const answer = await killer.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid() AND state = 'idle in transaction'",
    );
    killed += answer.rowCount ?? 0;
  }
  await finished;
  await Promise.all(sequencing);
  const { size, root } = await (sequencers[0] ?? create()).flush();
  const rows = await logged();
  t.ok(killed > 0, `${killed} transactions of sequencers were killed`);
  t.ok(acknowledged.length > 0);
  t.equal(size, BigInt(rows.length));
  t.equal(rows.length - before, acknowledged.length, "each acknowledged event once");
  t.strictSame(
    rows.map(({ leaf_index }) => Number(leaf_index)),
    rows.map((_, at) => at),
  );
  const places = new Set(rows.map(({ event_id }) => event_id));
  t.ok(acknowledged.every((id) => places.has(id)));
  t.strictSame(Buffer.from(root), Buffer.from(rootOfLeaves(rows.map(({ leaf }) => leafHash(leaf)))));
  await Promise.all([killer.end(), ...sequencers.map((sequencer) => sequencer.close())]);
});

t.test("a server that is killed comes back, and the log goes on where it was", async (t) => {
  const sequencer = create();
  await work.record(event("before"));
  const { size } = await sequencer.flush();
  const killed = store.serverPid() ?? 0;
  process.kill(killed, "SIGKILL");
  // Connections of the killed server may answer for a moment longer, and then it is gone in the middle.
  for (let pid: number | undefined = killed; pid === undefined || pid === killed; pid = store.serverPid()) await nextTurn();
  let after: string | undefined;
  while (after === undefined) after = await work.record(event("after")).catch(() => undefined);
  let head = await sequencer.flush().catch(() => undefined);
  while (head === undefined) head = await sequencer.flush().catch(() => undefined);
  t.equal(head.size, size + 1n);
  t.equal((await logged()).at(-1)?.event_id, after);
  await sequencer.close();
});

t.test("events that were recorded are given their place without being asked, and a closed log says so", async (t) => {
  const sequencer = createSequencer({ store, intervalMs: 10, log: () => undefined });
  const { size } = await sequencer.flush();
  await work.record(event("woken"));
  sequencer.wake();
  for (;;) {
    const head = await store.db.selectFrom("audit_head").select("size").executeTakeFirstOrThrow();
    if (BigInt(head.size) === size + 1n) break;
  }
  await work.record(event("at the end"));
  await sequencer.close();
  const head = await store.db.selectFrom("audit_head").select("size").executeTakeFirstOrThrow();
  t.equal(BigInt(head.size), size + 2n, "closing gives the last events their place");
  t.throws(() => sequencer.flush(), { code: "AUDIT_LOG_BROKEN" });
});
