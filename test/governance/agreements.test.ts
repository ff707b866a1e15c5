import t from "tap";
import { canonicalJson, type JsonValue, sha256Hex } from "../../src/kernel/index.ts";
import { expectValue } from "../support/value.ts";
import { openTestGovernance } from "./governance-fixture.ts";

const fixture = await openTestGovernance(t);
const { governance, people, clock, store, request, resource } = fixture;
const draft = async (over?: Parameters<typeof request>[0]) =>
  expectValue(await governance.draft(people.operatorAdmin, request(over)));
const lastEvent = async () => (await fixture.events()).at(-1);

t.test("a draft is written with its first version, whose digest binds everything", async (t) => {
  const asked = request({ scenario: " 医保　就诊 ", releaseRules: { minOwners: 20 } });
  const made = expectValue(await governance.draft(people.operatorAdmin, asked));
  t.match(made, {
    scenario: "医保 就诊",
    state: "draft",
    inForce: false,
    startsAt: "2026-02-28T16:00:00.000Z",
    endsAt: "2027-02-28T16:00:00.000Z",
    releaseRules: { mode: "exact", minOwners: 20, dominanceTop: 2, dominanceShare: 0.9, pPercent: 10 },
    version: { number: 1 },
  });
  const scope = expectValue(await governance.scopeOf(made.version.id));
  const { id: agreement, scenario, purpose, operator, agency, startsAt, endsAt, version, releaseRules: rules } = made;
  const binding = {
    agreement,
    version: version.id,
    number: 1,
    scenario,
    purpose,
    operator,
    agency,
    startsAt,
    endsAt,
    rules,
    tables: scope.tables,
  };
  t.equal(made.version.digest, sha256Hex(canonicalJson(JSON.parse(JSON.stringify(binding)) as JsonValue)));
  t.equal(scope.digest, made.version.digest);
  t.match(await lastEvent(), {
    type: "agreement.drafted",
    object: agreement,
    from: [resource],
    links: { version: version.id, operator, agency },
    data: { digest: made.version.digest },
  });
});

t.test("two drafts of one content are two agreements with two digests", async (t) => {
  const asked = request();
  const digests: string[] = [];
  for (let at = 0; at < 2; at++) digests.push(expectValue(await governance.draft(people.operatorAdmin, asked)).version.digest);
  t.not(digests[0], digests[1]);
});

t.test("a version cannot be altered, not even by the service's own account", async (t) => {
  const { version } = await draft();
  await t.rejects(store.db.updateTable("agreement_version").set({ digest: "x" }).where("id", "=", version.id).execute());
});

t.test("three years are accepted, three years and a day refused", async (t) => {
  t.match(await draft({ startsOn: "2026-04-01", endsOn: "2029-04-01" }), { state: "draft" });
  t.match(await governance.draft(people.operatorAdmin, request({ startsOn: "2026-04-01", endsOn: "2029-04-02" })), {
    code: "AGREEMENT_TERM_TOO_LONG",
  });
  t.match(await lastEvent(), { type: "agreement.drafted", outcome: "refused", code: "AGREEMENT_TERM_TOO_LONG" });
});

t.test("the parties are an operator and an agency, one of them the author's own", async (t) => {
  const { operator, agency } = request();
  const refused = { code: "AGREEMENT_PARTY_INVALID" };
  t.match(await governance.draft(people.rival, request()), refused);
  t.match(await governance.draft(people.foreignOfficer, request()), refused);
  t.match(await governance.draft(people.analyst, request()), refused, "an analyst drafts nothing");
  t.match(await governance.draft(people.operatorAdmin, request({ agency: operator })), refused);
  t.match(await governance.draft(people.officer, request({ operator: agency })), refused);
  t.match(await governance.draft(people.operatorAdmin, request({ agency: "nobody\0" })), refused);
  t.match(await governance.draft(people.operatorAdmin, request({ agency: fixture.ids.make("organisation") })), refused);
  t.match(await governance.draft(people.officer, request()), { state: "draft" });
});

t.test("scenario and purpose are plain texts", async (t) => {
  for (const over of [{ scenario: "" }, { scenario: "a\u200bb" }, { purpose: "\0" }, { purpose: "x".repeat(2001) }])
    t.match(await governance.draft(people.operatorAdmin, request(over)), { code: "AGREEMENT_TEXT_INVALID" });
});

t.test("the author does not approve; a colleague does", async (t) => {
  const { id } = expectValue(await governance.draft(people.officer, request()));
  t.match(await governance.approve(people.officer, id), { code: "AGREEMENT_OWN_DRAFT" });
  t.match(await lastEvent(), { type: "agreement.approved", object: id, outcome: "refused", code: "AGREEMENT_OWN_DRAFT" });
  t.match(await governance.approve(people.colleague, id), { state: "approved" });
});

t.test("nobody of the operator approves, activates or terminates", async (t) => {
  const { id } = await draft();
  for (const step of [governance.approve, governance.activate])
    t.match(await step(people.operatorAdmin, id), { code: "AGREEMENT_OWN_DRAFT" });
  t.match(await governance.terminate(people.operatorAdmin, { agreement: id, reason: "x" }), { code: "AGREEMENT_OWN_DRAFT" });
  t.match(await governance.findForActor(people.operatorAdmin, id), { state: "draft" });
});

t.test("the states follow one another; a step out of order is refused", async (t) => {
  const { id, version } = await draft();
  const outOfOrder = { code: "AGREEMENT_NOT_IN_THAT_STATE" };
  t.match(await governance.activate(people.officer, id), outOfOrder);
  t.match(await governance.approve(people.officer, id), { state: "approved", inForce: false });
  t.match(await lastEvent(), { type: "agreement.approved", actor: { id: people.officer.id }, data: { digest: version.digest } });
  t.match(await governance.approve(people.colleague, id), outOfOrder);
  t.match(await governance.activate(people.officer, id), { state: "in-force", inForce: true });
  t.match(await governance.activate(people.officer, id), outOfOrder);
  t.match(await governance.terminate(people.officer, { agreement: id, reason: "违约" }), { state: "ended", inForce: false });
  for (const step of [governance.approve, governance.activate]) t.match(await step(people.colleague, id), outOfOrder);
  t.match(await governance.terminate(people.officer, { agreement: id, reason: "again" }), outOfOrder);
});

t.test("an end has a reason: the row holds it, the event binds it", async (t) => {
  const id = await fixture.inForce();
  t.match(await governance.terminate(people.authority, { agreement: id, reason: " \u200b" }), { code: "AGREEMENT_TEXT_INVALID" });
  t.equal(await governance.inForce(id), true);
  t.match(await governance.terminate(people.authority, { agreement: id, reason: "张三 违规" }), { state: "ended" });
  t.equal(await governance.inForce(id), false);
  const row = await store.db.selectFrom("agreement").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
  t.match(row, { end_reason: "张三 违规", ended_at: clock.now() });
  const event = await lastEvent();
  t.match(event, { type: "agreement.ended", data: { reasonHash: sha256Hex("张三 违规") } });
  t.notMatch(JSON.stringify(event), /张三/);
});

t.test("in force from the first millisecond of its term to the last, by the clock and nothing else", async (t) => {
  const before = clock.now();
  t.teardown(() => clock.set(before));
  const id = await fixture.inForce({ startsOn: "2026-04-01", endsOn: "2026-05-01" });
  for (const [instant, holds] of [
    ["2026-03-31T15:59:59.999Z", false],
    ["2026-03-31T16:00:00.000Z", true],
    ["2026-04-30T15:59:59.999Z", true],
    ["2026-04-30T16:00:00.000Z", false],
    ["2026-04-30T16:00:00.001Z", false],
  ] as const) {
    clock.set(instant);
    t.equal(await governance.inForce(id), holds, instant);
    t.match(await governance.findForActor(people.analyst, id), { state: "in-force", inForce: holds });
  }
});

t.test("one scenario, one agreement in force (Art. 15), however the scenario is written", async (t) => {
  const first = await fixture.inForce({ scenario: "信用 评价A" });
  const second = await fixture.approved({ scenario: "  信用\u3000评价Ａ" });
  t.match(await governance.activate(people.officer, second), { code: "AGREEMENT_SCENARIO_TAKEN" });
  t.match(await governance.findForActor(people.officer, second), { state: "approved" });
  expectValue(await governance.terminate(people.officer, { agreement: first, reason: "换约" }));
  t.match(await governance.activate(people.officer, second), { state: "in-force" });
});

t.test("an agreement whose term is over gives its scenario free before anybody swept it", async (t) => {
  const before = clock.now();
  t.teardown(() => clock.set(before));
  const first = await fixture.inForce({ scenario: "续约", startsOn: "2026-03-01", endsOn: "2026-03-10" });
  const second = await fixture.approved({ scenario: "续约", startsOn: "2026-03-10", endsOn: "2026-04-10" });
  clock.set("2026-03-09T15:59:59.999Z");
  t.match(await governance.activate(people.officer, second), { code: "AGREEMENT_SCENARIO_TAKEN" });
  clock.set("2026-03-09T16:00:00.000Z");
  t.match(await governance.activate(people.officer, second), { state: "in-force", inForce: true });
  t.match(await governance.findForActor(people.officer, first), { state: "ended" });
});

t.test("an agreement whose term is over is neither approved nor activated", async (t) => {
  const before = clock.now();
  t.teardown(() => clock.set(before));
  const drafted = (await draft({ endsOn: "2026-03-10" })).id;
  const approved = await fixture.approved({ endsOn: "2026-03-10" });
  clock.set("2026-03-09T16:00:00.000Z");
  t.match(await governance.approve(people.officer, drafted), { code: "AGREEMENT_ALREADY_OVER" });
  t.match(await governance.activate(people.officer, approved), { code: "AGREEMENT_ALREADY_OVER" });
});

t.test("expiry ends what is due, at the instant its term was over, once", async (t) => {
  const before = clock.now();
  t.teardown(() => clock.set(before));
  const due = await fixture.inForce({ endsOn: "2026-03-11" });
  const later = await fixture.inForce({ endsOn: "2026-03-12" });
  clock.set("2026-03-10T15:59:59.999Z");
  t.equal(await governance.expireDue(), 0);
  clock.set("2026-03-11T03:00:00.000Z");
  const counts = await Promise.all([governance.expireDue(), governance.expireDue()]);
  t.equal(
    counts.reduce((sum, count) => sum + count, 0),
    1,
    "side by side they end it once",
  );
  const row = await store.db.selectFrom("agreement").selectAll().where("id", "=", due).executeTakeFirstOrThrow();
  t.match(row, { state: "ended", ended_at: new Date("2026-03-10T16:00:00.000Z") });
  const ends = (await fixture.events()).filter(({ type, object }) => type === "agreement.ended" && object === due);
  t.match(ends, [{ actor: { kind: "system" }, outcome: "done", data: { why: "term-over" } }]);
  t.equal(ends.length, 1);
  t.match(await governance.findForActor(people.officer, later), { state: "in-force" });
});

t.test("what the compiler sees: owner keys and plain columns; other identifiers do not exist", async (t) => {
  const scope = { resources: [{ resource, as: "v", columns: ["id_card", "doctor", "phone", "hospital", "cost"] }] };
  const { version, schema } = await draft({ scope });
  t.match(schema.tables, [{ name: "v", grade: "protected" }]);
  t.same(
    schema.tables[0]?.columns.map(({ name }) => name),
    ["id_card", "doctor", "hospital", "cost"],
  );
  t.same(expectValue(await governance.scopeOf(version.id)).schema, schema);
  t.match(await governance.scopeOf(fixture.ids.make("agreementVersion")), { code: "AGREEMENT_NOT_FOUND" });
  t.match(await governance.scopeOf("agv_\0"), { code: "AGREEMENT_NOT_FOUND" });
});

t.test("a list holds what its reader may read, in order of making", async (t) => {
  const { id } = await draft();
  const own = await governance.list(people.analyst);
  t.ok(own.some((agreement) => agreement.id === id));
  t.same(await governance.list(people.rival), []);
  t.same(await governance.list(people.foreignOfficer), []);
  t.equal((await governance.list(people.authority)).length, own.length);
});
