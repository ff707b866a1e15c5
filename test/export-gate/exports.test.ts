import t from "tap";
import { expectValue } from "../support/value.ts";
import { storyOf } from "./events-of.ts";
import { openGate } from "./gate-fixture.ts";

const fixture = await openGate(t);
const { gate, store, people, finish, request, again, governance, agreement, ids, approved } = fixture;
const { analyst, colleague, operatorAdmin, stranger, officer, reviewer1, reviewer2, authority } = people;
const texts = { purpose: "公布", productName: "各县收入" };

t.test("an export of a harmless result waits for two reviewers and tells its operator what each check said", async (t) => {
  const { job, result } = await finish();
  const made = expectValue(await gate.request(analyst, { result, purpose: " 公布\n统计 ", productName: "各县 收入" }));
  t.match(made, {
    result,
    job,
    agreement,
    purpose: "公布 统计",
    productName: "各县 收入",
    state: "in-review",
    verdict: "pass",
    reviewersNeeded: 2,
    votes: [],
  });
  t.strictSame(Object.keys(made.checks[0] ?? {}), ["id", "title", "article", "verdict", "mitigation"]);
  t.match(await storyOf(fixture, made.id), ["export.requested:done"]);
});

t.test("operators never see a check's evidence; reviewers see all of it, and their reading is an event", async (t) => {
  const { id } = await request({ productName: "13812345678" });
  for (const caller of [analyst, operatorAdmin, officer, authority]) {
    const view = expectValue(await gate.find(caller, id));
    t.equal(view.verdict, "block");
    t.notMatch(JSON.stringify(view), /"evidence"|fewestOwners|mobile number/);
  }
  t.match(await gate.evidence(analyst, id), { code: "EXPORT_REVIEWER_EXCLUDED" });
  t.match(await gate.evidence(stranger, id), { code: "EXPORT_NOT_FOUND" });
  const review = expectValue(await gate.evidence(reviewer1, id));
  t.match(review.reports.find((report) => report.id === "identifier-like")?.evidence, {
    found: { "mobile number in the product's name": 1 },
  });
  t.equal(review.content.rows.length, 2);
  t.ok(review.cells.some(({ verdict, keys }) => verdict === "owners" && keys[0] === "裕华区"));
  t.match(await storyOf(fixture, id), [
    "evidence.read:done",
    "evidence.read:refused:EXPORT_NOT_FOUND",
    "evidence.read:refused:EXPORT_REVIEWER_EXCLUDED",
    "export.requested:done",
  ]);
});

t.test("another operator's result or export and none at all look alike", async (t) => {
  const { result } = await finish();
  const { id } = await request({ result });
  for (const [caller, asked] of [
    [stranger, result],
    [reviewer1, result],
    [operatorAdmin, result],
    [analyst, ids.make("result")],
    [analyst, "no id \u0000 \ud800"],
    [analyst, ""],
  ] as const)
    t.strictSame(await gate.request(caller, { ...texts, result: asked }), { kind: "refused", code: "RESULT_NOT_FOUND" });
  for (const [caller, asked] of [
    [stranger, id],
    [analyst, ids.make("export")],
    [analyst, "no id \u0000 \ud800"],
    [analyst, ""],
  ] as const) {
    const absent = { kind: "refused", code: "EXPORT_NOT_FOUND" };
    t.strictSame(await gate.find(caller, asked), absent);
    t.strictSame(await gate.evidence(caller, asked), absent);
    t.strictSame(await gate.vote(caller, { export: asked, decision: "approve", reason: "" }), absent);
    t.strictSame(await gate.release(caller, asked), absent);
    t.strictSame(await gate.revoke(caller, { export: asked, reason: "because" }), absent);
    t.strictSame(await gate.createGrant(caller, asked), absent);
  }
});

t.test("a colleague of the author may ask for an export of the same operator's result", async (t) => {
  const { result } = await finish();
  t.match(await gate.request(colleague, { ...texts, result }), { state: "in-review" });
});

t.test("purpose and product name must be plain texts", async (t) => {
  const { result } = await finish();
  for (const bad of [" ", "a\u0000b", "\u202e", "\ud800", "x".repeat(4001)]) {
    t.match(await gate.request(analyst, { result, purpose: bad, productName: "各县" }), { code: "EXPORT_TEXT_INVALID" });
    t.match(await gate.request(analyst, { result, purpose: "公布", productName: bad }), { code: "EXPORT_TEXT_INVALID" });
  }
});

t.test("what cannot be run again is not exported", async (t) => {
  const { job, result } = await finish();
  again.delete(job);
  t.match(await gate.request(analyst, { ...texts, result }), { code: "EXPORT_RERUN_FAILED" });
});

t.test("what stands for a plan in the store is no hash that could be guessed, and another's is not this one's", async (t) => {
  const { job, result } = await finish();
  const { plan } = expectValue(await (again.get(job) ?? (() => Promise.reject(new Error("no run"))))());
  const row = await store.db.selectFrom("result").select("plan_digest").where("id", "=", result).executeTakeFirstOrThrow();
  t.match(row.plan_digest, /^[\w-]{43}$/);
  t.not(row.plan_digest, Buffer.from(plan.digest, "hex").toString("base64url"));
  const twin = await finish();
  const marks = await store.db.selectFrom("result").select("plan_digest").where("id", "=", twin.result).execute();
  t.strictSame(marks, [row], "the same plan under the same agreement has the same mark");
  // Somebody who may write to the store and knows the statement, but not the key.
  await store.db
    .updateTable("result")
    .set({ plan_digest: "A".repeat(43) })
    .where("id", "=", result)
    .execute();
  const made = expectValue(await gate.request(analyst, { ...texts, result }));
  t.equal(made.checks.find(({ id }) => id === "rerun-agrees")?.verdict, "block");
});

t.test("a result whose second run differs is blocked for good", async (t) => {
  const { job, result } = await finish();
  const other = await finish(undefined, [{ county: "桥西区", people: 299 }]);
  again.set(job, other.once);
  const made = expectValue(await gate.request(analyst, { ...texts, result }));
  t.match(made, { state: "blocked", verdict: "block" });
  t.equal(made.checks.find(({ id }) => id === "rerun-agrees")?.verdict, "block");
  for (const decision of ["approve", "reject"] as const)
    t.match(await gate.vote(reviewer1, { export: made.id, decision, reason: "the data are right, I looked" }), {
      code: "EXPORT_NOT_IN_THAT_STATE",
    });
  t.match(await gate.release(officer, made.id), { code: "EXPORT_NOT_IN_THAT_STATE" });
});

t.test("a result written over in the store is blocked by its second run", async (t) => {
  for (const column of ["content_hash", "evidence_hash", "plan_digest"] as const) {
    const { result } = await finish();
    await store.db
      .updateTable("result")
      .set({ [column]: "0".repeat(64) })
      .where("id", "=", result)
      .execute();
    t.match(await request({ result }), { state: "blocked" }, column);
  }
});

t.test("sealed content that was swapped or cut cannot be opened by a reviewer", async (t) => {
  const [mine, other] = [await finish(), await finish()];
  const { id } = await request({ result: mine.result });
  const row = await store.db.selectFrom("result").selectAll().where("id", "=", other.result).executeTakeFirstOrThrow();
  const put = (content_sealed: Buffer | null) =>
    store.db.updateTable("result").set({ content_sealed }).where("id", "=", mine.result).execute();
  await put(row.content_sealed);
  await t.rejects(gate.evidence(reviewer1, id));
  await put(row.content_sealed?.subarray(1) ?? null);
  await t.rejects(gate.evidence(reviewer1, id));
});

t.test("the machine's doubt costs a reviewer a reason", async (t) => {
  const { result } = await finish('SELECT county AS "=x", count(*) AS n FROM person GROUP BY county');
  const { id, verdict } = await request({ result });
  t.equal(verdict, "review");
  for (const reason of ["", "  ", "too short"])
    t.match(await gate.vote(reviewer1, { export: id, decision: "approve", reason }), { code: "EXPORT_REASON_MISSING" });
  t.match(await gate.vote(reviewer1, { export: id, decision: "approve", reason: "a\u0000bcdefghijkl" }), {
    code: "EXPORT_TEXT_INVALID",
  });
  expectValue(await gate.vote(reviewer1, { export: id, decision: "approve", reason: "the name is only a label" }));
});

t.test("two approvals approve; a rejection needs a reason and rejects at once", async (t) => {
  t.match(await approved(), { state: "approved", votesIn: 2, votes: [{ decision: "approve" }, { decision: "approve" }] });
  const { id } = await request();
  t.match(await gate.vote(reviewer2, { export: id, decision: "reject", reason: "no" }), { code: "EXPORT_REASON_MISSING" });
  t.match(await gate.vote(reviewer2, { export: id, decision: "reject", reason: "not the agreement's purpose" }), {
    state: "rejected",
    votes: [{ reviewer: reviewer2.id, decision: "reject", reason: "not the agreement's purpose" }],
  });
});

t.test("nothing is asked for, voted on, released or fetched after the agreement's end, but it may be revoked", async (t) => {
  const { result } = await finish();
  const waiting = await request();
  const ready = await approved();
  const out = await fixture.released();
  const grant = expectValue(await gate.createGrant(analyst, out.id));
  expectValue(await governance.terminate(officer, { agreement, reason: "不再需要" }));
  const over = { code: "EXPORT_AGREEMENT_NOT_IN_FORCE" };
  t.match(await gate.request(analyst, { ...texts, result }), over);
  t.match(await gate.vote(reviewer1, { export: waiting.id, decision: "approve", reason: "" }), over);
  t.match(await gate.release(officer, ready.id), over);
  t.match(await gate.createGrant(analyst, out.id), over);
  t.match(await gate.redeem(analyst, grant.token), { code: "EXPORT_GRANT_INVALID" });
  t.match(await gate.revoke(authority, { export: out.id, reason: "the agreement has ended" }), { state: "revoked" });
});
