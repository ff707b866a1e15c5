import { join } from "node:path";
import t from "tap";
import { createAuditLog, type EventDraft, expectOne } from "../../../src/audit/index.ts";
import { openTestStore } from "../../support/store.ts";
import { expectValue } from "../../support/value.ts";

const { store, work, keys, ids, dataDir, clock } = await openTestStore(t);
const log = await createAuditLog({
  store,
  work,
  keys,
  ids,
  clock,
  origin: "hanguang.test/log",
  checkpointPath: join(dataDir, "checkpoint"),
  intervalMs: 60_000,
  log: () => undefined,
});
t.teardown(() => log.close());
const actor = { kind: "anonymous" } as const;
const event = (extra: Partial<EventDraft> = {}): EventDraft => ({
  type: "login.refused",
  actor,
  object: "somebody",
  outcome: "refused",
  ...extra,
});

t.test("no text in an event stops the log, the search or the trace", async (t) => {
  const texts = [
    "\u0000",
    "a\u0000b",
    "\ud800",
    "\udfff\ud800",
    "'; DROP TABLE audit_event; --",
    "\u202e",
    "\n",
    "😀".repeat(40),
    "%00",
    "{}",
  ];
  for (const text of texts)
    await work.record(
      event({ object: text, from: [text], links: { who: text }, data: { said: text, [text]: { deep: [text] } } }),
    );
  const { size } = await log.flush();
  t.equal(size, BigInt(texts.length));
  for (const text of texts) {
    await log.readTrace(actor, text);
    await log.readEvents(actor, { object: text, actor: text, type: text });
  }
  const page = expectValue(await log.readEvents(actor, { type: "login.refused", from: "2026-01-01T00:00:00Z" }));
  t.equal(page.items.length, texts.length);
  t.strictSame(page.items.at(-1)?.event.object, "\ufffd", "what no text may hold is told as U+FFFD");
  t.match(await log.checkpoint(), /^hanguang\.test\/log\n/);
});

t.test("an event that names thousands of ids gets its place, and each finds it", async (t) => {
  const from = Array.from({ length: 3000 }, (_, at) => `id-${at}`);
  await Promise.all(Array.from({ length: 40 }, (_, at) => work.record(event({ object: `wide-${at}`, from, outcome: "done" }))));
  await log.flush();
  const trace = expectValue(await log.readTrace(actor, "id-2999"));
  t.equal(trace.nodes.filter(({ distance }) => distance === 1).length, 40);
});

t.test("bytes in the store that are no event take a place and are found by nobody", async (t) => {
  const session = await store.session();
  const before = (await log.flush()).size;
  for (const [at, leaf] of ["", "not json", "null", '{"object":7}', "\\xff"].entries())
    await session.query("INSERT INTO audit_event (id, leaf) VALUES ($1, $2)", [`evt_garbage_${at}`, leaf]);
  await session.end();
  t.equal((await log.flush()).size, before + 5n);
  t.match(await log.checkpoint(), /^hanguang\.test\/log\n/);
});

t.test("whoever goes around the types cannot write an event that tells nothing", async (t) => {
  const { size } = await log.flush();
  const change = expectOne(
    store.db.insertInto("resource_family").values({ id: "f", title: "f", created_at: clock.now() }).returning("id"),
  );
  for (const draft of [
    undefined,
    null,
    {},
    { ...event(), object: "" },
    { ...event(), actor: undefined },
    { ...event(), type: undefined },
  ]) {
    await t.rejects(Reflect.apply(work.change, work, [draft, [change]]), { code: "AUDIT_EVENT_INCOMPLETE" });
    await t.rejects(Reflect.apply(work.record, work, [draft]), { code: "AUDIT_EVENT_INCOMPLETE" });
  }
  // @ts-expect-error: a change without its event is no call that compiles
  const without = () => work.change([change]);
  await t.rejects(without(), { code: "AUDIT_EVENT_INCOMPLETE" });
  // @ts-expect-error: an event without a change is recorded, not "changed"
  const empty = () => work.change(event(), []);
  t.type(empty, "function");
  t.equal((await store.db.selectFrom("resource_family").select("id").execute()).length, 0);
  t.equal((await log.flush()).size, size);
});

t.test("a write that does not say what it met is refused whole", async (t) => {
  const { size } = await log.flush();
  const silent = store.db.insertInto("resource_family").values({ id: "g", title: "g", created_at: clock.now() });
  await t.rejects(work.change(event(), [expectOne(silent)]), { code: "0A000" });
  t.equal((await store.db.selectFrom("resource_family").select("id").execute()).length, 0);
  t.equal((await log.flush()).size, size);
});
