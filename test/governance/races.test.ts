import t from "tap";
import { isRefusal } from "../../src/kernel/index.ts";
import { openTestGovernance } from "./governance-fixture.ts";

const fixture = await openTestGovernance(t);
const { governance, people, store } = fixture;
const tries = 50;

const stateOf = async (id: string) =>
  (await store.db.selectFrom("agreement").select("state").where("id", "=", id).executeTakeFirstOrThrow()).state;
const doneEvents = async (id: string, type: string) =>
  (await fixture.events()).filter((event) => event.object === id && event.type === type && event.outcome === "done").length;

t.test(`of two activations of one scenario exactly one wins, ${tries} times`, async (t) => {
  for (let attempt = 0; attempt < tries; attempt++) {
    const scenario = `竞争 ${attempt}`;
    const rivals = [await fixture.approved({ scenario }), await fixture.approved({ scenario })];
    const answers = await Promise.all(rivals.map((id) => governance.activate(people.officer, id)));
    const codes = answers.map((answer) => (isRefusal(answer) ? answer.code : answer.state)).sort();
    const states = (await Promise.all(rivals.map(stateOf))).sort();
    if (`${codes} ${states}` !== "AGREEMENT_SCENARIO_TAKEN,in-force approved,in-force")
      t.fail(`attempt ${attempt}: ${codes} ${states}`);
  }
  const inForce = await store.db.selectFrom("agreement").select("id").where("state", "=", "in-force").execute();
  t.equal(inForce.length, tries);
});

t.test(`of an approval and a termination of one draft, the end stands, ${tries} times`, async (t) => {
  for (let attempt = 0; attempt < tries; attempt++) {
    const drafted = await governance.draft(people.operatorAdmin, fixture.request());
    if (isRefusal(drafted)) throw new Error(drafted.code);
    const { id } = drafted;
    await Promise.all([
      governance.approve(people.officer, id),
      governance.terminate(people.officer, { agreement: id, reason: "撤回" }),
    ]);
    if ((await stateOf(id)) !== "ended") t.fail(`attempt ${attempt}: ${await stateOf(id)}`);
  }
  t.pass("ended each time");
});

t.test("of two approvals one is done and one refused; one event says so", async (t) => {
  const drafted = await governance.draft(people.operatorAdmin, fixture.request());
  if (isRefusal(drafted)) throw new Error(drafted.code);
  const answers = await Promise.all([
    governance.approve(people.officer, drafted.id),
    governance.approve(people.colleague, drafted.id),
  ]);
  t.same(answers.map((answer) => (isRefusal(answer) ? answer.code : answer.state)).sort(), [
    "AGREEMENT_NOT_IN_THAT_STATE",
    "approved",
  ]);
  t.equal(await doneEvents(drafted.id, "agreement.approved"), 1);
});

t.test("of an expiry and a termination side by side, one end is recorded", async (t) => {
  const before = fixture.clock.now();
  t.teardown(() => fixture.clock.set(before));
  const id = await fixture.inForce({ endsOn: "2026-03-20" });
  fixture.clock.set("2026-03-20T00:00:00Z");
  await Promise.all([governance.expireDue(), governance.terminate(people.officer, { agreement: id, reason: "到期" })]);
  t.equal(await stateOf(id), "ended");
  t.equal(await doneEvents(id, "agreement.ended"), 1);
});
