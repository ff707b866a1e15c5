import t from "tap";
import { expectValue } from "../support/value.ts";
import { moreLine, openTestPolicies } from "./policy-fixture.ts";

const fixture = await openTestPolicies(t);
const { shipped, security, audit, first, store } = fixture;
const { proposals } = first;
const withMore = `${shipped.policy}\n# asked for by the agency\n${moreLine}`;
const mayReadFamilies = (gateway = first) => gateway.policy.decider.decide(["reviewer"], "read", "family", []);
const lastEvent = async () => (await fixture.policyEvents()).at(-1);

t.test("the first start of all makes the shipped policy the active one; later ones find it", async (t) => {
  const { active, loaded, shipped: own, current } = await first.policy.status();
  t.match(active, /^[0-9a-f]{64}$/);
  t.same([current, loaded, own], [true, active, active]);
  await fixture.gateway();
  t.same(await fixture.policyEvents(), ["activated done"], "once");
  t.match(await proposals.active(), { hash: active, proposedBy: null, replaces: null, policy: shipped.policy });
  t.equal(first.policy.decider.hash, active);
});

t.test("one proposes, another confirms, and every gateway decides by it", async (t) => {
  const other = await fixture.gateway();
  const proposed = expectValue(await proposals.propose(security, { policy: withMore, reason: "审核员需要看目录" }));
  t.match(proposed, { state: "proposed", adds: ["reviewer, family, read, any"], removes: [], proposedBy: security.id });
  t.equal(mayReadFamilies(), false, "a proposal changes nothing");
  const confirmed = expectValue(await proposals.confirm(audit, { id: proposed.id, hash: proposed.hash }));
  t.match(confirmed, { state: "confirmed", decidedBy: audit.id });
  t.equal(mayReadFamilies(), true, "at the gateway that was asked, at once");
  t.equal(mayReadFamilies(other), false, "the other has not looked yet");
  await other.policy.look();
  t.equal(mayReadFamilies(other), true);
  t.match(await other.policy.status(), { current: true, active: proposed.hash, loaded: proposed.hash });
  t.same((await fixture.policyEvents()).slice(-2), ["proposed done", "activated done"]);
  t.match(await proposals.active(), { id: proposed.id, policy: withMore });
});

t.test("what was last seen longer ago than half a second is looked at before it decides", async (t) => {
  const other = await fixture.gateway();
  const proposed = expectValue(await proposals.propose(security, { policy: shipped.policy, reason: "zurück" }));
  expectValue(await proposals.confirm(audit, { id: proposed.id, hash: proposed.hash }));
  // No signal came and nobody asked it to look.
  await new Promise((resume) => setTimeout(resume, 600));
  t.match(await other.policy.status(), { current: true, loaded: proposed.hash });
  t.equal(mayReadFamilies(other), false);
  t.same(proposed.removes, ["reviewer, family, read, any"]);
});

t.test("the lines that a new release ships are proposed by pointing at them", async (t) => {
  const next = await fixture.gateway({ ...shipped, policy: withMore });
  t.match(await next.policy.status(), { current: true, loaded: first.policy.decider.hash }, "it serves by the active one");
  t.not((await next.policy.status()).shipped, (await next.policy.status()).active, "and tells that it ships another");
  const proposed = expectValue(await next.proposals.propose(security, { reason: "new release" }));
  t.equal(proposed.policy, withMore);
  expectValue(await proposals.withdraw(security, proposed.id));
});

t.test("what says the same is no change, and one proposal is open at a time", async (t) => {
  t.match(await proposals.propose(security, { policy: `# other words\n${shipped.policy}`, reason: "x" }), {
    code: "POLICY_UNCHANGED",
  });
  const [one, other] = await Promise.all([
    proposals.propose(security, { policy: withMore, reason: "one" }),
    proposals.propose(security, { policy: `${withMore}\np, reviewer, organisation, read, own`, reason: "other" }),
  ]);
  const codes = [one, other].map((answer) => ("code" in answer ? answer.code : answer.state));
  t.same(new Set(codes), new Set(["POLICY_PROPOSAL_OPEN", "proposed"]));
  t.equal(await lastEvent(), "proposed refused POLICY_PROPOSAL_OPEN");
  const open = (await proposals.list()).find(({ state }) => state === "proposed");
  const rejected = expectValue(await proposals.reject(audit, { id: open?.id ?? "", reason: "not now" }));
  t.match(rejected, { state: "rejected", decidedBy: audit.id, decisionReason: "not now" });
  t.match(await proposals.reject(audit, { id: rejected.id, reason: "again" }), { code: "POLICY_PROPOSAL_DECIDED" });
  t.match(await proposals.withdraw(security, rejected.id), { code: "POLICY_PROPOSAL_DECIDED" });
  t.match(await proposals.confirm(audit, { id: rejected.id, hash: rejected.hash }), { code: "POLICY_PROPOSAL_DECIDED" });
  t.equal(mayReadFamilies(), false);
});

t.test("a policy that no policy may be is refused with its lines, and nothing is stored of it", async (t) => {
  const before = (await proposals.list()).length;
  const at = shipped.policy.split("\n").length;
  const refusals: readonly (readonly [string, object])[] = [
    [
      `${shipped.policy}\np, platform-admin, job, submit, own`,
      { line: at + 1, problem: /platform-admin may never job:submit/, problems: 1 },
    ],
    [`${shipped.policy}\np, x\np, analyst, audit, read, any`, { line: at + 1, problem: /there is no role "x"/ }],
    [
      `${shipped.policy}\np, analyst, audit, read, any\np, analyst, export, review, own`,
      { problems: 2, lines: `${at + 1}, ${at + 2}` },
    ],
    ["# nothing", { problem: /no line allows anything/ }],
    ["p, analyst, job, submit, own", { problem: /security-admin policy:propose, which every policy keeps/ }],
    [`${shipped.policy}\n# \u0000`, { line: at + 1 }],
  ];
  for (const [policy, detail] of refusals) {
    t.match(await proposals.propose(security, { policy, reason: "try" }), { code: "POLICY_INVALID", detail }, policy.slice(-40));
    t.equal(await lastEvent(), "proposed refused POLICY_INVALID");
  }
  t.equal((await proposals.list()).length, before);
});

t.test("reasons are people's words, and are asked for", async (t) => {
  for (const reason of ["", " \n ", "a\u0000b", "\u202eno", "\ud800"])
    t.match(await proposals.propose(security, { policy: withMore, reason }), { code: "POLICY_REASON_INVALID" });
  t.match(await proposals.reject(audit, { id: "x", reason: " " }), { code: "POLICY_REASON_INVALID" });
});

t.test("what is no proposal is not found, and its name is not recorded", async (t) => {
  for (const id of ["", "pol_x", fixture.ids.make("accessPolicy"), fixture.ids.make("job"), "x\u0000"]) {
    t.match(await proposals.find(id), { code: "POLICY_PROPOSAL_NOT_FOUND" });
    t.match(await proposals.confirm(audit, { id, hash: "0".repeat(64) }), { code: "POLICY_PROPOSAL_NOT_FOUND" });
    t.match(await proposals.withdraw(security, id), { code: "POLICY_PROPOSAL_NOT_FOUND" });
  }
});

t.test(
  "a gateway that cannot load the active policy denies everything, says so once, and serves again when it can",
  async (t) => {
    const other = await fixture.gateway();
    const elsewhere = await fixture.gateway({ ...shipped, model: `${shipped.model}\n[role_definition]\ng = _, _\n` });
    t.match(await elsewhere.policy.status(), { current: false }, "a release with another model does not decide by this one");
    t.match(elsewhere.told, [/another release's model/]);
    t.equal(elsewhere.policy.decider.mayEver(["analyst"], "submit", "job"), false);

    // A word that this release does not know, as a later one would use it.
    const now = await proposals.active();
    const later = { id: fixture.ids.make("accessPolicy"), hash: "5".repeat(64), model: shipped.model, replaces: now.id };
    const at = fixture.clock.now();
    await store.db
      .insertInto("access_policy")
      .values({
        ...later,
        policy: `${withMore}\np, analyst, teleport, read, own`,
        reason: "a later release",
        state: "confirmed",
        proposed_by: security.id,
        proposed_at: at,
        decided_by: audit.id,
        decided_at: at,
        decision_reason: null,
      })
      .execute();
    const actor = { kind: "system", component: "a-later-release" } as const;
    const told = {
      type: "access-policy.activated",
      actor,
      object: later.id,
      outcome: "done",
      data: { hash: later.hash },
    } as const;
    const event_id = await fixture.work.record(told);
    const before = await store.db.selectFrom("active_policy").select(["policy_id", "event_id"]).executeTakeFirstOrThrow();
    await store.db.updateTable("active_policy").set({ policy_id: later.id, event_id }).execute();
    for (let time = 0; time < 3; time++) t.match(await other.policy.look(), { current: false, active: later.hash });
    t.match(other.told, [/not one that this release accepts/]);
    t.equal(other.told.length, 1);
    for (const role of ["analyst", "security-admin", "audit-admin"])
      t.equal(other.policy.decider.decide([role], "read", "organisation", []), false, role);
    t.match(await proposals.find(later.id), { adds: [], state: "confirmed" }, "what cannot be read is shown as it is");
    await store.db.updateTable("active_policy").set(before).execute();
    t.match(await other.policy.look(), { current: true });
    t.equal(other.policy.decider.decide(["analyst"], "read", "organisation", []), true);
  },
);
