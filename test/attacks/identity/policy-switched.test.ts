import t from "tap";
import { createSequencer } from "../../../src/audit/sequencer.ts";
import { moreLine, openTestPolicies } from "../../identity/policy-fixture.ts";
import { expectValue } from "../../support/value.ts";

// What follows is done by the service's own role, as a captured gateway, or whoever has the database, could.
const fixture = await openTestPolicies(t);
const { shipped, security, audit, first, store } = fixture;
const { db } = store;
const withMore = `${shipped.policy}\n${moreLine}`;
const sequencer = createSequencer({ store, intervalMs: 60_000, log: () => undefined });
t.teardown(sequencer.close);
const active = () => db.selectFrom("active_policy").select(["policy_id", "event_id"]).executeTakeFirstOrThrow();
const isDenied = (gateway: typeof first) => !gateway.policy.decider.decide(["analyst"], "read", "organisation", []);
const unexplained = async () => (await fixture.policyEvents()).filter((event) => event.startsWith("unexplained")).length;
const change = async (policy: string) => {
  const proposal = expectValue(await first.proposals.propose(security, { policy, reason: "asked for" }));
  expectValue(await first.proposals.confirm(audit, proposal));
  return active();
};
const begin = await active();

/** A policy that every release would accept, said to be confirmed, that nobody ever confirmed. */
const plant = async (): Promise<string> => {
  const id = fixture.ids.make("accessPolicy");
  const proposal = expectValue(await first.proposals.propose(security, { policy: withMore, reason: "for its hash" }));
  const row = await db.selectFrom("access_policy").selectAll().where("id", "=", proposal.id).executeTakeFirstOrThrow();
  expectValue(await first.proposals.withdraw(security, proposal.id));
  await db
    .insertInto("access_policy")
    .values({ ...row, id, state: "confirmed", decided_by: audit.id, decided_at: fixture.clock.now(), decision_reason: null })
    .execute();
  return id;
};

t.test(
  "a policy that nobody confirmed denies everything at every gateway, leaves an event, and ends when it is put back",
  async (t) => {
    const other = await fixture.gateway();
    await db
      .updateTable("active_policy")
      .set({ policy_id: await plant() })
      .execute();
    for (const gateway of [first, other]) {
      for (let look = 0; look < 2; look++) t.match(await gateway.policy.look(), { current: false, explained: false });
      t.ok(isDenied(gateway));
      t.equal(gateway.policy.decider.mayEver(["security-admin"], "propose", "policy"), false);
      t.match(gateway.told, [/no approved change explains/]);
    }
    t.equal(await unexplained(), 2, "one event a gateway, however often it looks");
    const late = await fixture.gateway();
    t.match(late.policy.known(), { current: false, explained: false }, "nor does one that starts now decide by it");
    await db.updateTable("active_policy").set(begin).execute();
    t.match(await other.policy.look(), { current: true, explained: true });
    t.notOk(isDenied(other));
    await first.policy.look();
  },
);

t.test("neither the event of another policy explains it, nor a refused attempt, nor one that is no activation", async (t) => {
  const id = await plant();
  const row = await db.selectFrom("access_policy").select("hash").where("id", "=", id).executeTakeFirstOrThrow();
  const actor = { kind: "system", component: "access-policy" } as const;
  const data = { hash: row.hash };
  const refused = await fixture.work.record({ type: "access-policy.activated", actor, object: id, outcome: "refused", data });
  const proposed = await fixture.work.record({ type: "access-policy.proposed", actor, object: id, outcome: "done", data });
  const otherHash = await fixture.work.record({
    type: "access-policy.activated",
    actor,
    object: id,
    outcome: "done",
    data: { hash: "0".repeat(64), about: `"hash":"${row.hash}"` },
  });
  await sequencer.flush();
  for (const event_id of [begin.event_id, refused, proposed, otherHash, "evt_nothing", null]) {
    await db.updateTable("active_policy").set({ policy_id: id, event_id }).execute();
    t.match(await first.policy.look(), { current: false, explained: false }, String(event_id));
    await db.updateTable("active_policy").set(begin).execute();
    t.match(await first.policy.look(), { current: true });
  }
});

t.test("one that was approved once and replaced since is not made active again, its own event in hand", async (t) => {
  const more = await change(withMore);
  const back = await change(shipped.policy);
  await sequencer.flush();
  for (const old of [begin, more, { ...more, event_id: back.event_id }, { ...begin, event_id: null }]) {
    await db.updateTable("active_policy").set(old).execute();
    t.match(await first.policy.look(), { current: false, explained: false });
    t.ok(isDenied(first));
    t.match((await fixture.gateway()).policy.known(), { current: false });
  }
  await db.updateTable("active_policy").set(back).execute();
  t.match(await first.policy.look(), { current: true });
});

t.test("what an earlier release made active is explained by its event, found by the policy's id", async (t) => {
  await db.updateTable("active_policy").set({ event_id: null }).execute();
  const upgraded = await fixture.gateway();
  t.match(upgraded.policy.known(), { current: true, explained: true });
});
