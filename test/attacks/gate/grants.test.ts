import t from "tap";
import { storyOf } from "../../export-gate/events-of.ts";
import { openGate } from "../../export-gate/gate-fixture.ts";
import { expectValue } from "../../support/value.ts";

const fixture = await openGate(t);
const { gate, store, people, released, approved, request, clock, keys, agreement, governance } = fixture;
const { analyst, colleague, operatorAdmin, stranger, officer, authority } = people;
const invalid = { kind: "refused", code: "EXPORT_GRANT_INVALID" } as const;
const out = await released();
const grantFor = async (caller = analyst, id = out.id) => expectValue(await gate.createGrant(caller, id));

t.test("a grant gives the package once", async (t) => {
  const grant = await grantFor();
  t.match(grant.token, /^hgd_[\w-]{43}$/);
  const fetched = expectValue(await gate.redeem(analyst, grant.token));
  t.equal(fetched.fileName, `${out.id}.zip`);
  t.strictSame(await gate.redeem(analyst, grant.token), invalid);
  t.strictSame(await storyOf(fixture, grant.id), [
    "grant.redeemed:refused:EXPORT_GRANT_INVALID",
    "grant.redeemed:done",
    "grant.created:done",
  ]);
});

t.test("every grant for an export gives the same bytes", async (t) => {
  const [first, second] = [await grantFor(), await grantFor(operatorAdmin)];
  const one = expectValue(await gate.redeem(analyst, first.token));
  t.ok(one.bytes.equals(expectValue(await gate.redeem(operatorAdmin, second.token)).bytes));
});

t.test("of 50 redeems at once exactly one gives the package", async (t) => {
  const { id, token } = await grantFor();
  const answers = await Promise.all(Array.from({ length: 50 }, () => gate.redeem(analyst, token)));
  t.equal(answers.filter((answer) => "bytes" in answer).length, 1);
  for (const answer of answers) if (!("bytes" in answer)) t.strictSame(answer, invalid);
  const story = await storyOf(fixture, id);
  t.equal(story.filter((line) => line === "grant.redeemed:done").length, 1);
});

t.test("a grant ends at its last millisecond", async (t) => {
  const [last, late] = [await grantFor(), await grantFor()];
  const end = new Date(last.expiresAt).getTime();
  t.equal(end - clock.now().getTime(), 300_000);
  clock.set(new Date(end - 1));
  t.ok("bytes" in (await gate.redeem(analyst, last.token)));
  clock.set(new Date(end));
  t.strictSame(await gate.redeem(analyst, late.token), invalid);
});

t.test("a grant is its account's own, and wrong tokens are answered alike", async (t) => {
  const { token } = await grantFor();
  for (const caller of [colleague, operatorAdmin, stranger]) t.strictSame(await gate.redeem(caller, token), invalid);
  for (const wrong of ["", "hgd_", `${token}x`, token.slice(4), token.toUpperCase(), "\u0000", "\ud800"])
    t.strictSame(await gate.redeem(analyst, wrong), invalid);
  t.ok("bytes" in (await gate.redeem(analyst, token)), "others' attempts do not spend it");
});

t.test("tokens are not kept: the store holds hashes only", async (t) => {
  const { id, token } = await grantFor();
  const row = await store.db.selectFrom("download_grant").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
  t.notMatch(JSON.stringify({ ...row, token_hash: row.token_hash.toString("latin1") }), token.slice(4));
  t.equal(row.token_hash.length, 32);
});

t.test("there is no grant for what is not released, nor for another operator", async (t) => {
  const state = { code: "EXPORT_NOT_IN_THAT_STATE" };
  t.match(await gate.createGrant(analyst, (await request()).id), state);
  t.match(await gate.createGrant(analyst, (await approved()).id), state);
  t.match(await gate.createGrant(stranger, out.id), { code: "EXPORT_NOT_FOUND" });
  t.match(await gate.createGrant(officer, out.id), { code: "EXPORT_REVIEWER_EXCLUDED" });
});

t.test("an export is released once, however many ask at once", async (t) => {
  const { id } = await approved();
  const answers = await Promise.all(Array.from({ length: 8 }, () => gate.release(officer, id)));
  t.equal(answers.filter((answer) => "state" in answer && answer.state === "released").length, 1);
  t.equal(answers.filter((answer) => "code" in answer && answer.code === "EXPORT_NOT_IN_THAT_STATE").length, 7);
  t.equal((await store.db.selectFrom("package").select("id").where("export_id", "=", id).execute()).length, 1);
});

t.test("a revocation needs a reason and a released export, and voids open grants", async (t) => {
  const { id } = await released();
  const { token } = await grantFor(analyst, id);
  for (const reason of ["", " \n"])
    t.match(await gate.revoke(officer, { export: id, reason }), { code: "EXPORT_REASON_MISSING" });
  t.match(await gate.revoke(analyst, { export: id, reason: "mine" }), { code: "EXPORT_REVIEWER_EXCLUDED" });
  t.match(await gate.revoke(officer, { export: id, reason: "a mistake" }), { state: "revoked" });
  t.strictSame(await gate.redeem(analyst, token), invalid);
  t.match(await gate.createGrant(analyst, id), { code: "EXPORT_NOT_IN_THAT_STATE" });
  t.match(await gate.revoke(authority, { export: id, reason: "again" }), { code: "EXPORT_NOT_IN_THAT_STATE" });
  t.match(await gate.release(officer, id), { code: "EXPORT_NOT_IN_THAT_STATE" });
});

t.test("a redeem that began before a revocation and ends after it gives nothing", async (t) => {
  const { id } = await released();
  const { token } = await grantFor(analyst, id);
  // The package is being opened while the agency revokes: between the redeem's first look and its last write.
  const slow = fixture.gateWith({
    ...keys,
    unseal: async (...request) => {
      clock.advance(1);
      expectValue(await gate.revoke(officer, { export: id, reason: "at this very moment" }));
      return keys.unseal(...request);
    },
  });
  t.strictSame(await slow.redeem(analyst, token), invalid);
});

t.test("a package that cannot be opened costs nobody a grant", async (t) => {
  const { token } = await grantFor();
  const broken = fixture.gateWith({ ...keys, unseal: () => Promise.reject(new Error("the disk is gone")) });
  await t.rejects(broken.redeem(analyst, token), /disk/);
  t.ok("bytes" in (await gate.redeem(analyst, token)));
});

t.test("after the agreement's end a grant is as wrong as any other", async (t) => {
  const { token } = await grantFor();
  expectValue(await governance.terminate(officer, { agreement, reason: "不再需要" }));
  t.strictSame(await gate.redeem(analyst, token), invalid);
});
