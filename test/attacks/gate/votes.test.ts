import t from "tap";
import { storyOf } from "../../export-gate/events-of.ts";
import { openGate } from "../../export-gate/gate-fixture.ts";
import { expectValue } from "../../support/value.ts";

const fixture = await openGate(t);
const { gate, store, people, request, approved, agreement, governance, populate, signIn } = fixture;
const { analyst, officer, reviewer1, reviewer2, reviewer3, authority } = people;
const approve = (id: string) => ({ export: id, decision: "approve", reason: "" }) as const;
const reject = (id: string) => ({ export: id, decision: "reject", reason: "not what was agreed" }) as const;

t.test("who asked for an export does not vote on it, whatever roles he holds", async (t) => {
  const { id } = await request();
  t.match(await gate.vote(analyst, approve(id)), { code: "EXPORT_REVIEWER_EXCLUDED" });
  await store.db.updateTable("export").set({ author_id: reviewer1.id }).where("id", "=", id).execute();
  t.match(await gate.vote(reviewer1, approve(id)), { code: "EXPORT_REVIEWER_EXCLUDED" });
  t.strictSame(await storyOf(fixture, id), [
    "export.voted:refused:EXPORT_REVIEWER_EXCLUDED",
    "export.voted:refused:EXPORT_REVIEWER_EXCLUDED",
    "export.requested:done",
  ]);
});

t.test("a reviewer of the operator's own organisation does not vote", async (t) => {
  const { id } = await request();
  const parties = await governance.parties(agreement);
  if (parties === undefined) throw new Error("the agreement has no parties");
  const put = (agency_id: string) => store.db.updateTable("agreement").set({ agency_id }).where("id", "=", agreement).execute();
  // Identity gives nobody of an operator this role; the gate must not rest on that.
  const insider = { ...people.colleague, roles: ["reviewer"] };
  t.match(await gate.vote(insider, approve(id)), { code: "EXPORT_NOT_FOUND" });
  // An agency that became the operator's own: the two relations hold at once, and the forbidding one wins.
  await put(parties.operator);
  t.match(await gate.vote(insider, approve(id)), { code: "EXPORT_REVIEWER_EXCLUDED" });
  await put(parties.agency);
});

t.test("a reviewer of another agency sees no export to vote on", async (t) => {
  const { id } = await request();
  await populate("agency", "另一个数据局", { elsewhere: ["reviewer"] });
  t.match(await gate.vote(await signIn("elsewhere"), approve(id)), { code: "EXPORT_NOT_FOUND" });
});

t.test("nobody but a reviewer votes, and nobody but the agency releases", async (t) => {
  const { id } = await request();
  for (const caller of [officer, authority]) t.match(await gate.vote(caller, approve(id)), { code: "EXPORT_REVIEWER_EXCLUDED" });
  const ready = await approved();
  for (const caller of [analyst, reviewer1, authority])
    t.match(await gate.release(caller, ready.id), { code: "EXPORT_REVIEWER_EXCLUDED" });
});

t.test("one reviewer does not make two", async (t) => {
  const { id } = await request();
  expectValue(await gate.vote(reviewer1, approve(id)));
  t.match(await gate.vote(reviewer1, approve(id)), { code: "EXPORT_ALREADY_VOTED" });
  t.match(await gate.vote(reviewer1, reject(id)), { code: "EXPORT_ALREADY_VOTED" });
  t.match(await gate.find(officer, id), { state: "in-review" });
  t.match(await gate.release(officer, id), { code: "EXPORT_NOT_IN_THAT_STATE" });
});

t.test("of 50 votes at once of two reviewers exactly two count", async (t) => {
  const { id } = await request();
  const votes = Array.from({ length: 50 }, (_, at) => gate.vote(at % 2 === 0 ? reviewer1 : reviewer2, approve(id)));
  const outcomes = (await Promise.all(votes)).map((vote) => ("code" in vote ? vote.code : vote.id));
  t.equal(outcomes.filter((outcome) => outcome === id).length, 2);
  t.ok(outcomes.every((outcome) => [id, "EXPORT_ALREADY_VOTED", "EXPORT_NOT_IN_THAT_STATE"].includes(outcome)));
  const rows = await store.db.selectFrom("vote").select("reviewer_id").where("export_id", "=", id).execute();
  t.strictSame(new Set(rows.map((row) => row.reviewer_id)), new Set([reviewer1.id, reviewer2.id]));
  const row = await store.db.selectFrom("export").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
  t.match(row, { approvals: 2, state: "approved" });
  const story = await storyOf(fixture, id);
  t.equal(story.filter((line) => line === "export.voted:done").length, 2);
  t.equal(story.filter((line) => line.startsWith("export.voted:refused")).length, 48);
});

t.test("of an approval and a rejection at once the export is never approved by one reviewer", async (t) => {
  const { id } = await request();
  await Promise.all([gate.vote(reviewer1, approve(id)), gate.vote(reviewer2, reject(id))]);
  t.match(await gate.find(officer, id), { state: "rejected" });
});

t.test("after the decision nobody votes", async (t) => {
  const rejected = await request();
  expectValue(await gate.vote(reviewer1, reject(rejected.id)));
  t.match(await gate.vote(reviewer2, approve(rejected.id)), { code: "EXPORT_NOT_IN_THAT_STATE" });
  t.match(await gate.release(officer, rejected.id), { code: "EXPORT_NOT_IN_THAT_STATE" });
  const { id } = await approved();
  t.match(await gate.vote(reviewer3, reject(id)), { code: "EXPORT_NOT_IN_THAT_STATE" });
  t.match(await gate.find(officer, id), { state: "approved", votesIn: 2 });
});

t.test("until the decision no view tells how anybody voted, or that anybody did", async (t) => {
  const { id } = await request();
  const before = {
    reviewer: expectValue(await gate.evidence(reviewer2, id)),
    operator: expectValue(await gate.find(analyst, id)),
    agency: expectValue(await gate.find(officer, id)),
  };
  const answer = expectValue(await gate.vote(reviewer1, approve(id)));
  t.strictSame(answer, before.agency);
  t.strictSame(await gate.evidence(reviewer2, id), before.reviewer);
  t.strictSame(await gate.find(analyst, id), before.operator);
  const decided = expectValue(await gate.vote(reviewer2, approve(id)));
  t.equal(decided.votesIn, 2);
  t.strictSame(new Set(decided.votes.map(({ reviewer }) => reviewer)), new Set([reviewer1.id, reviewer2.id]));
});

t.test("a state written over in the store releases nothing without the votes", async (t) => {
  const { id } = await request();
  expectValue(await gate.vote(reviewer1, approve(id)));
  await store.db.updateTable("export").set({ state: "approved", approvals: 2 }).where("id", "=", id).execute();
  t.match(await gate.release(officer, id), { code: "EXPORT_NOT_IN_THAT_STATE" });
});

t.test("votes for one content release no other", async (t) => {
  const { id } = await approved();
  for (const column of ["content_hash", "evidence_hash"] as const) {
    const { [column]: genuine } = await store.db
      .selectFrom("export")
      .select(column)
      .where("id", "=", id)
      .executeTakeFirstOrThrow();
    const put = (hash: string) =>
      store.db
        .updateTable("export")
        .set({ [column]: hash })
        .where("id", "=", id)
        .execute();
    await put("0".repeat(64));
    t.match(await gate.release(officer, id), { code: "EXPORT_NOT_IN_THAT_STATE" }, column);
    await put(genuine);
  }
  t.match(await gate.release(officer, id), { state: "released" });
});
