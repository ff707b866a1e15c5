import { EventEmitter, once } from "node:events";
import t from "tap";
import { createUnitOfWork, expectOne, parseSignal, type Signal } from "../../src/audit/index.ts";
import { createSignals } from "../../src/cluster/index.ts";
import { openTestStore } from "../support/store.ts";

const base = await openTestStore(t);
const { store, ids, clock, random } = base;
const work = createUnitOfWork({ store, ids, clock, random, onRecorded: () => undefined, signals: new Set(["family.created"]) });
const bus = new EventEmitter();
const heard: Signal[] = [];
const signals = createSignals({ store });
t.teardown(() => signals.close());
const listening = once(bus, "look");
signals.on(
  ["family.created", "other.happened"],
  (signal) => {
    heard.push(signal);
    bus.emit("heard");
  },
  () => bus.emit("look"),
);
await listening;

const create = (id: string, type = "family.created") =>
  work.change({ type, actor: { kind: "anonymous" }, object: id, from: ["fam_before", "fam_other"], outcome: "done" }, [
    expectOne(store.db.insertInto("resource_family").values({ id, title: id, created_at: clock.now() }).returning("id")),
  ]);
const send = async (...payloads: readonly string[]) => {
  const session = await store.session();
  for (const payload of payloads) await session.query("SELECT pg_notify('hanguang', $1)", [payload]);
  await session.end();
};
/** What was heard up to a mark that is sent now. */
const heardSoFar = async (): Promise<readonly Signal[]> => {
  const mark = once(bus, "mark");
  const hear = () => {
    if (heard.at(-1)?.object === "mark") bus.emit("mark");
  };
  bus.on("heard", hear);
  await send("other.happened mark");
  await mark;
  bus.off("heard", hear);
  return heard.splice(0).slice(0, -1);
};

t.test("a change is heard of once, as it commits; one that was undone is not", async (t) => {
  t.match(await create("fam_1"), { kind: "done" });
  t.match(await create("fam_1"), { kind: "conflict" });
  t.match(await create("fam_2", "family.renamed"), { kind: "done" });
  await work.record({ type: "family.created", actor: { kind: "anonymous" }, object: "fam_9", outcome: "refused", code: "X" });
  t.same(await heardSoFar(), [
    { type: "family.created", object: "fam_1", from: "fam_before" },
    { type: "family.created", object: "fam_9", from: undefined },
  ]);
});

t.test("what is no signal is nothing, and what is forged is no more than a hint", async (t) => {
  const nonsense = [
    "",
    " ",
    "x",
    "family.created",
    "FAMILY.CREATED fam_1",
    "family.created fam_1 a b",
    `${"x".repeat(7000)}`,
    '{"a":1}',
    "nobody.asked fam_1",
  ];
  await send(...nonsense, "family.created fam_forged");
  t.same(await heardSoFar(), [{ type: "family.created", object: "fam_forged", from: undefined }]);
  for (const text of nonsense.slice(0, -1)) t.equal(parseSignal(text), undefined, text.slice(0, 30));
});

t.test("a listener that lost its session looks at everything again, and hears on", async (t) => {
  const looked = once(bus, "look");
  const admin = await store.session();
  await admin.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user AND query LIKE 'LISTEN%' AND pid <> pg_backend_pid()",
  );
  await admin.end();
  await looked;
  await create("fam_3");
  t.same(
    (await heardSoFar()).map(({ object }) => object),
    ["fam_3"],
  );
});
