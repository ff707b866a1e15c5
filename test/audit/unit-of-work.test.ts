import t from "tap";
import { type EventDraft, expectOne, expectRows } from "../../src/audit/index.ts";
import { openTestStore } from "../support/store.ts";

const { store, work, ids, clock } = await openTestStore(t);
const { db } = store;

const event = (object: string): EventDraft => ({
  type: "organisation.created",
  actor: { kind: "system", component: "test" },
  object,
  outcome: "done",
});
const insert = (id: string, name: string) =>
  db
    .insertInto("organisation")
    .values({ id, kind: "agency", name, uscc: null, created_at: clock.now() })
    .returning(["id", "name"]);
const counts = async () => ({
  organisations: (await db.selectFrom("organisation").select("id").execute()).length,
  events: (await db.selectFrom("audit_event").select("id").execute()).length,
});

t.test("a change and its event are written together, and the rows come back", async (t) => {
  const outcome = await work.change(event("a"), [expectOne(insert("a", "甲"))]);
  t.match(outcome, { kind: "done", rows: [[{ id: "a", name: "甲" }]] });
  t.strictSame(await counts(), { organisations: 1, events: 1 });
});

t.test("a change that meets other rows than expected leaves neither change nor event", async (t) => {
  const rename = (id: string) => db.updateTable("organisation").set({ name: "乙" }).where("id", "=", id).returning("id");
  t.match(await work.change(event("b"), [expectOne(insert("b", "丙")), expectOne(rename("none"))]), {
    kind: "conflict",
    constraint: undefined,
  });
  t.match(await work.change(event("b"), [expectRows(rename("a"), 0, 0)]), { kind: "conflict" });
  t.strictSame(await counts(), { organisations: 1, events: 1 });
});

t.test("a taken name and a missing parent are conflicts that name their constraint", async (t) => {
  t.match(await work.change(event("c"), [expectOne(insert("c", "甲"))]), {
    kind: "conflict",
    constraint: "organisation_name_key",
  });
  const account = db
    .insertInto("account")
    .values({
      id: "u",
      login: "u",
      name: "u",
      organisation_id: "none",
      password_hash: "",
      state: "active",
      created_at: clock.now(),
    })
    .returning("id");
  t.match(await work.change(event("u"), [expectOne(account)]), { kind: "conflict", constraint: "account_organisation_id_fkey" });
  t.strictSame(await counts(), { organisations: 1, events: 1 });
});

t.test("any other failure of the change leaves no event", async (t) => {
  await t.rejects(
    work.change(event("d"), [
      expectOne(
        db
          .insertInto("organisation")
          .values({ id: "d", kind: "agency", name: "丁", uscc: null, created_at: new Date(Number.NaN) })
          .returning("id"),
      ),
    ]),
  );
  t.strictSame(await counts(), { organisations: 1, events: 1 });
});

t.test("an event too large for a leaf stops its change", async (t) => {
  const huge = { ...event("e"), data: { text: "x".repeat(70_000) } };
  await t.rejects(work.change(huge, [expectOne(insert("e", "戊"))]), { code: "AUDIT_EVENT_TOO_LARGE" });
  t.strictSame(await counts(), { organisations: 1, events: 1 });
});

t.test("a change is one transaction", async (t) => {
  const commits = async () => {
    const session = await store.session();
    try {
      await session.query("SELECT pg_stat_force_next_flush()");
      const answer = await session.query<{ n: string }>("SELECT sum(n_tup_ins)::text AS n FROM pg_stat_xact_all_tables");
      const xid = await session.query<{ x: string }>("SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS x");
      return { transactions: BigInt(xid.rows[0]?.x ?? 0), rows: answer.rows[0]?.n };
    } finally {
      await session.end();
    }
  };
  const before = await commits();
  await work.change(event("f"), [expectOne(insert("f", "己"))]);
  const after = await commits();
  t.equal(after.transactions - before.transactions, 1n, "one transaction id for state and event");
});

t.test("two writers of one row: one wins, the other is told", async (t) => {
  const take = () =>
    work.change(event("a"), [
      expectOne(
        db
          .updateTable("organisation")
          .set({ kind: "regulator" })
          .where("id", "=", "a")
          .where("kind", "=", "agency")
          .returning("id"),
      ),
    ]);
  const outcomes = await Promise.all(Array.from({ length: 20 }, take));
  t.equal(outcomes.filter(({ kind }) => kind === "done").length, 1);
});

t.test("past events cannot be changed, by the service or by the owner", async (t) => {
  for (const statement of [
    "UPDATE audit_event SET leaf = ''",
    "DELETE FROM audit_event",
    "TRUNCATE audit_event CASCADE",
    "DELETE FROM audit_leaf",
    "UPDATE vote SET reason = ''",
    "UPDATE agreement_version SET digest = ''",
  ]) {
    const session = await store.session();
    await t.rejects(session.query(statement), { code: /^(42501|HG002)$/ }, statement);
    await session.end();
  }
});

t.test("ids with a salt: the same event twice has two hashes", async (t) => {
  const organisation = ids.make("organisation");
  await work.record(event(organisation));
  await work.record(event(organisation));
  const leaves = await db.selectFrom("audit_event").select("leaf").orderBy("arrival", "desc").limit(2).execute();
  const [one, two] = leaves.map(({ leaf }) => JSON.parse(leaf.toString()));
  t.equal(one.object, two.object);
  t.not(one.salt, two.salt);
});
