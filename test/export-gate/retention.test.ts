import t from "tap";
import { openContent } from "../../src/export-gate/results.ts";
import { expectValue } from "../support/value.ts";
import { openGate } from "./gate-fixture.ts";

const fixture = await openGate(t);
const { gate, store, clock, people, finish, request, approved, released, log } = fixture;
const { analyst, stranger, reviewer1, officer } = people;
const day = 86_400_000;
const row = (result: string) => store.db.selectFrom("result").selectAll().where("id", "=", result).executeTakeFirstOrThrow();

// The clock runs through several times of retention.
await store.db
  .updateTable("agreement")
  .set({ ends_at: new Date("2029-01-01T00:00:00+08:00") })
  .execute();

async function eventsOf(object: string) {
  const { items } = expectValue(await log.readEvents({ kind: "system", component: "test" }, { object }));
  return items.map(({ event }) => event);
}

t.test("a result past its time loses rows and evidence, with an event, and keeps what it was", async (t) => {
  const { job, result } = await finish();
  clock.advance(90 * day);
  t.equal(await gate.expireResults(), 0, "not before its time");
  const before = await row(result);
  clock.advance(1);
  t.equal(await gate.expireResults(), 1);
  t.equal(await gate.expireResults(), 0, "and once");
  t.strictSame(await row(result), { ...before, content_sealed: null, evidence_sealed: null, expired_at: clock.now() });
  const events = await eventsOf(result);
  t.match(
    events.filter(({ type }) => type === "result.expired"),
    [
      {
        outcome: "done",
        actor: { component: "export-gate" },
        links: { job },
        data: { contentHash: before.content_hash, days: 90 },
      },
    ],
  );
  t.match(await gate.showResult(analyst, job, {}), { code: "RESULT_EXPIRED" });
  t.match(await gate.showResult(analyst, job, { format: "csv" }), { code: "RESULT_EXPIRED" });
  t.match(await gate.showResult(stranger, job, {}), { code: "RESULT_NOT_FOUND" }, "whoever could not see it learns nothing");
  t.match(await gate.request(analyst, { result, purpose: "公布", productName: "各县收入" }), { code: "RESULT_EXPIRED" });
});

t.test("a result that expired between the look and the opening is an error, never an empty result", async (t) => {
  const { result } = await finish();
  const before = await row(result);
  clock.advance(91 * day);
  await gate.expireResults();
  await t.rejects(openContent({ keys: fixture.keys }, fixture.agreement, await row(result), before.content_hash), {
    code: "EXPORT_CONTENT_EXPIRED",
  });
});

t.test("an open export holds its result; a closed one lets it go", async (t) => {
  const open = [await request(), await approved()];
  const closed = await request();
  expectValue(await gate.vote(reviewer1, { export: closed.id, decision: "reject", reason: "not the agreement's purpose" }));
  const gone = await released();
  clock.advance(91 * day);
  t.equal(await gate.expireResults(), 2, "the rejected one's and the released one's");
  for (const { id, result } of open) {
    t.equal((await row(result)).expired_at, null);
    t.match(await gate.evidence(reviewer1, id), { content: { rows: { length: 2 } } });
  }
  t.match(await gate.evidence(reviewer1, closed.id), { code: "RESULT_EXPIRED" });
  t.match(await gate.find(officer, closed.id), { state: "rejected" }, "the export itself stays readable");
  const grant = expectValue(await gate.createGrant(analyst, gone.id));
  t.ok(expectValue(await gate.redeem(analyst, grant.token)).bytes.length > 0, "the package has its own copy");
});

t.test("a package that is still to be assembled holds its result", async (t) => {
  const { id, result } = await released();
  await store.db.updateTable("package").set({ copy_id: null }).where("export_id", "=", id).execute();
  clock.advance(91 * day);
  t.equal(await gate.expireResults(), 0);
  const grant = expectValue(await gate.createGrant(analyst, id));
  expectValue(await gate.redeem(analyst, grant.token));
  t.equal(await gate.expireResults(), 1);
  t.not((await row(result)).expired_at, null);
});

t.test("a sweep and a request to export never both win", async (t) => {
  const made = await Promise.all(Array.from({ length: 6 }, () => finish()));
  clock.advance(91 * day);
  const [, ...answers] = await Promise.all([
    gate.expireResults(),
    ...made.map(({ result }) => gate.request(analyst, { result, purpose: "公布", productName: "各县收入" })),
  ]);
  await gate.expireResults();
  for (const [at, answer] of answers.entries()) {
    const expired = (await row(made[at]?.result ?? "")).expired_at !== null;
    t.equal("code" in answer ? answer.code : answer.state, expired ? "RESULT_EXPIRED" : "in-review");
  }
});

t.test("a request whose result expires while its statement runs again is refused", async (t) => {
  const { job, result, once } = await finish();
  clock.advance(91 * day);
  fixture.again.set(job, async () => {
    await gate.expireResults();
    return once();
  });
  t.match(await gate.request(analyst, { result, purpose: "公布", productName: "各县收入" }), { code: "RESULT_EXPIRED" });
  t.equal((await eventsOf(result)).filter(({ code }) => code === "RESULT_EXPIRED").length, 1);
});
