import t from "tap";
import { openTestGovernance } from "../../governance/governance-fixture.ts";
import { expectValue } from "../../support/value.ts";

const fixture = await openTestGovernance(t);
const { governance, people, steward } = fixture;
const existing = await fixture.inForce();
const absent = fixture.ids.make("agreement");
const platformAdmin = await fixture.signIn("platform-admin");
const auditAdmin = await fixture.signIn("audit-admin");

const strangers = {
  "another operator": people.rival,
  "another agency's officer": people.foreignOfficer,
  "a source unit's steward": steward,
  "the platform's administrator": platformAdmin,
  "the audit's administrator": auditAdmin,
};

for (const [who, caller] of Object.entries(strangers))
  t.test(`to ${who} another's agreement looks exactly like one that is not there`, async (t) => {
    const asks = [
      (id: string) => governance.findForActor(caller, id),
      (id: string) => governance.approve(caller, id),
      (id: string) => governance.activate(caller, id),
      (id: string) => governance.terminate(caller, { agreement: id, reason: "x" }),
    ];
    for (const ask of asks) {
      t.same(await ask(existing), await ask(absent));
      t.same(await ask(existing), { kind: "refused", code: "AGREEMENT_NOT_FOUND" });
    }
    t.same(await governance.list(caller), []);
    t.equal(await governance.inForce(existing), true);
  });

t.test("to its own people it is there", async (t) => {
  for (const caller of [people.analyst, people.operatorAdmin, people.officer, people.authority])
    t.equal(expectValue(await governance.findForActor(caller, existing)).id, existing);
});

t.test("text that is no id finds nothing, and enters no event", async (t) => {
  for (const id of ["", "agr_", "x\0y", "' OR 1=1 --", "\ud800", "a".repeat(100_000)]) {
    t.match(await governance.findForActor(people.officer, id), { code: "AGREEMENT_NOT_FOUND" });
    t.match(await governance.approve(people.officer, id), { code: "AGREEMENT_NOT_FOUND" });
    t.equal((await fixture.events()).at(-1)?.object, people.officer.id);
    t.equal(await governance.inForce(id), false);
    t.equal(await governance.parties(id), undefined);
  }
});

t.test("a caller's roles decide, not its organisation alone", async (t) => {
  const draft = expectValue(await governance.draft(people.operatorAdmin, fixture.request()));
  t.match(await governance.approve(people.analyst, draft.id), { kind: "refused" });
  t.match(await governance.approve({ ...people.officer, roles: [] }, draft.id), { code: "AGREEMENT_NOT_FOUND" });
});
