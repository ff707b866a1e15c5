import t from "tap";
import { moreLine, openTestPolicies } from "../../identity/policy-fixture.ts";
import { passwordOf } from "../../support/identity.ts";
import { expectValue } from "../../support/value.ts";

const fixture = await openTestPolicies(t);
const { shipped, security, audit, first, store, identity } = fixture;
const { proposals } = first;
const withMore = `${shipped.policy}\n${moreLine}`;
const propose = async (policy = withMore) => expectValue(await proposals.propose(security, { policy, reason: "asked for" }));
const hashNow = async () => (await first.policy.look()).active;
const lastEvent = async () => (await fixture.policyEvents()).at(-1);

t.test("whoever proposed does not confirm, whatever roles the account was given since", async (t) => {
  const before = await hashNow();
  const proposal = await propose();
  t.match(await proposals.confirm(security, proposal), { code: "POLICY_PROPOSAL_OWN" });
  // The same person as audit administrator: by change of roles, or with both at once by way of the store.
  for (const roles of [["audit-admin"], ["security-admin", "audit-admin"]])
    t.match(await proposals.confirm({ ...security, roles }, proposal), { code: "POLICY_PROPOSAL_OWN" });
  t.equal(await lastEvent(), "activated refused POLICY_PROPOSAL_OWN");
  t.equal(await hashNow(), before);
  await t.rejects(
    store.db
      .updateTable("access_policy")
      .set({ state: "confirmed", decided_by: security.id })
      .where("id", "=", proposal.id)
      .execute(),
    { code: "23514" },
    "nor does the store take it",
  );
  expectValue(await proposals.withdraw(security, proposal.id));
});

t.test("one person gets no second account for the other half: making and giving roles are two administrations", async (t) => {
  const platform = await fixture.signIn("platform-admin");
  const request = {
    login: "second-me",
    name: "me again",
    organisation: security.organisation,
    password: passwordOf("second-me"),
  };
  t.match(await identity.createAccount(security, request), { kind: "refused" });
  const made = expectValue(await identity.createAccount(platform, request));
  t.match(await identity.assignRoles(platform, { account: made.id, roles: ["audit-admin"] }), { code: "ACCESS_DENIED" });
  t.match(await identity.assignRoles(security, { account: made.id, roles: ["security-admin", "audit-admin"] }), {
    code: "IDENTITY_ROLES_APART",
  });
  t.match(await identity.assignRoles(security, { account: security.id, roles: ["audit-admin"] }), {
    code: "IDENTITY_ROLES_APART",
  });
});

t.test("no other role proposes, confirms or reads", async (t) => {
  const { decider } = first.policy;
  for (const role of ["analyst", "operator-admin", "data-steward", "agency-officer", "reviewer", "service", "platform-admin"])
    for (const action of ["propose", "confirm", "read"])
      t.equal(decider.mayEver([role], action, "policy"), false, `${role} ${action}`);
  t.equal(decider.mayEver(["security-admin"], "confirm", "policy"), false);
  t.equal(decider.mayEver(["audit-admin"], "propose", "policy"), false);
});

t.test("an old proposal is not confirmed again, nor one made against a policy that is gone", async (t) => {
  const old = await propose();
  expectValue(await proposals.confirm(audit, old));
  const back = await propose(shipped.policy);
  expectValue(await proposals.confirm(audit, back));
  const now = await hashNow();
  t.match(await proposals.confirm(audit, old), { code: "POLICY_PROPOSAL_DECIDED" }, "replayed");
  // Put back to where it was, as a captured gateway could: what it replaces is not what is active.
  const reopen = { state: "proposed", decided_by: null, decided_at: null } as const;
  await store.db.updateTable("access_policy").set(reopen).where("id", "=", old.id).execute();
  t.match(await proposals.confirm(audit, old), { code: "POLICY_PROPOSAL_DECIDED" });
  t.equal(await hashNow(), now);
  await store.db.updateTable("access_policy").set({ state: "withdrawn" }).where("id", "=", old.id).execute();
});

t.test("a confirmation means the text that was read: another hash, or another text under it, is not confirmed", async (t) => {
  const before = await hashNow();
  const proposal = await propose();
  t.match(await proposals.confirm(audit, { id: proposal.id, hash: before }), { code: "POLICY_PROPOSAL_CHANGED" });
  const session = await store.session();
  await t.rejects(
    session.query("UPDATE access_policy SET policy = policy || $1 WHERE id = $2", [
      "\np, reviewer, organisation, read, own",
      proposal.id,
    ]),
    { code: "42501" },
    "the service may not change a text",
  );
  await t.rejects(session.query("UPDATE access_policy SET hash = $1", [before]), { code: "42501" });
  await t.rejects(session.query("DELETE FROM access_policy"), { code: "42501" });
  await t.rejects(session.query("DELETE FROM active_policy"), { code: "42501" });
  await session.end();
  t.equal(await hashNow(), before);
  expectValue(await proposals.reject(audit, { id: proposal.id, reason: "a test" }));
});

t.test("two who confirm at once confirm once", async (t) => {
  const proposal = await propose();
  const before = (await fixture.policyEvents()).filter((event) => event === "activated done").length;
  const answers = await Promise.all([1, 2, 3].map(() => proposals.confirm(audit, proposal)));
  t.equal(answers.filter((answer) => !("code" in answer)).length, 1);
  t.equal((await fixture.policyEvents()).filter((event) => event === "activated done").length, before + 1);
  expectValue(await proposals.confirm(audit, await propose(shipped.policy)));
});

t.test("what a captured gateway writes into the store past everybody is not decided by, at any other", async (t) => {
  const honest = await fixture.gateway();
  const now = await proposals.active();
  const forge = async (policy: string, model: string, hash: string) => {
    const id = fixture.ids.make("accessPolicy");
    const at = fixture.clock.now();
    const row = { id, hash, model, policy, replaces: now.id, reason: "forged", state: "confirmed" as const };
    const persons = { proposed_by: security.id, decided_by: audit.id, proposed_at: at, decided_at: at, decision_reason: null };
    await store.db
      .insertInto("access_policy")
      .values({ ...row, ...persons })
      .execute();
    await store.db.updateTable("active_policy").set({ policy_id: id }).execute();
  };
  const lax = `${shipped.policy}\np, platform-admin, result, read, any`;
  const open = shipped.model.replace(/^m = .*$/m, "m = 1 == 1");
  const code = shipped.model.replace(/^m = .*$/m, 'm = r.roles.constructor.constructor("globalThis.hacked = true")() == 1');
  const forgeries: readonly (readonly [string, string, string, string])[] = [
    ["a policy beyond the ceiling", lax, shipped.model, "1".repeat(64)],
    ["a model that allows everybody", shipped.policy, open, "2".repeat(64)],
    ["a model that is a program", shipped.policy, code, "3".repeat(64)],
    ["a text under a hash that is not its own", withMore, shipped.model, "4".repeat(64)],
  ];
  for (const [what, policy, model, hash] of forgeries) {
    await forge(policy, model, hash);
    t.match(await honest.policy.look(), { current: false }, what);
    t.equal(honest.policy.decider.decide(["platform-admin"], "read", "result", []), false);
    t.equal(honest.policy.decider.decide(["analyst"], "read", "organisation", []), false, "nothing at all is allowed meanwhile");
  }
  t.notOk("hacked" in globalThis);
  await store.db.updateTable("active_policy").set({ policy_id: now.id }).execute();
  t.match(await honest.policy.look(), { current: true });
});
