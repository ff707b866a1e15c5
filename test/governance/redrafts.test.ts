import t from "tap";
import { tagOf } from "../../src/governance/index.ts";
import { isRefusal } from "../../src/kernel/index.ts";
import { expectValue } from "../support/value.ts";
import { openTestGovernance } from "./governance-fixture.ts";

const fixture = await openTestGovernance(t);
const { governance, people } = fixture;
const codeOf = (answer: object) => (isRefusal(answer) ? answer.code : "done");
const drafted = async () => expectValue(await governance.draft(people.operatorAdmin, fixture.request()));
const eventsOf = async (id: string) =>
  (await fixture.events())
    .filter(({ object }) => object === id)
    .map(({ type, outcome, code }) => [type, code ?? outcome].join(" "));

t.test("an author replaces a draft whole: a further version, another digest, one event", async (t) => {
  const first = await drafted();
  const second = expectValue(
    await governance.replaceDraft(people.operatorAdmin, {
      agreement: first.id,
      expected: tagOf(first),
      draft: fixture.request({ purpose: "按县统计", endsOn: "2026-12-01" }),
    }),
  );
  t.match(second, {
    id: first.id,
    state: "draft",
    purpose: "按县统计",
    endsAt: "2026-11-30T16:00:00.000Z",
    version: { number: 2 },
  });
  t.not(second.version.digest, first.version.digest);
  t.not(tagOf(second), tagOf(first));
  t.strictSame(await eventsOf(first.id), ["agreement.drafted done", "agreement.redrafted done"]);
  const scope = expectValue(await governance.scopeOf(first.version.id));
  t.equal(scope.digest, first.version.digest, "the first version is kept as it was");
});

t.test("a tag that is not the draft's own is refused, and nothing changes", async (t) => {
  const { id, ...view } = await drafted();
  const other = await drafted();
  for (const expected of ["", "*", tagOf(other), view.version.id, `${tagOf(view)} `])
    t.equal(
      codeOf(await governance.replaceDraft(people.operatorAdmin, { agreement: id, expected, draft: fixture.request() })),
      "AGREEMENT_CHANGED",
      expected,
    );
  t.match(await governance.findForActor(people.operatorAdmin, id), { version: { number: 1, id: view.version.id } });
});

t.test("of two replacements of one draft one is kept and one told", async (t) => {
  const first = await drafted();
  const replace = () =>
    governance.replaceDraft(people.operatorAdmin, { agreement: first.id, expected: tagOf(first), draft: fixture.request() });
  const answers = await Promise.all([replace(), replace(), replace()]);
  t.strictSame(answers.map(codeOf).sort(), ["AGREEMENT_CHANGED", "AGREEMENT_CHANGED", "done"]);
  t.match(await governance.findForActor(people.operatorAdmin, first.id), { version: { number: 2 } });
});

t.test("nobody but the author replaces it; for those who may not read it, it is not there", async (t) => {
  const first = await drafted();
  const request = { agreement: first.id, expected: tagOf(first), draft: fixture.request() };
  t.equal(codeOf(await governance.replaceDraft(people.officer, request)), "AGREEMENT_NOT_AUTHOR");
  t.equal(codeOf(await governance.replaceDraft(people.analyst, request)), "AGREEMENT_NOT_AUTHOR");
  t.equal(codeOf(await governance.replaceDraft(people.rival, request)), "AGREEMENT_NOT_FOUND");
  t.equal(codeOf(await governance.replaceDraft(people.rival, { ...request, expected: "guess" })), "AGREEMENT_NOT_FOUND");
  t.equal(codeOf(await governance.replaceDraft(people.rival, { ...request, agreement: "agr_x" })), "AGREEMENT_NOT_FOUND");
});

t.test("what would not be drafted does not replace a draft, and what is no draft any more stays", async (t) => {
  const first = await drafted();
  const replace = (expected: string, over: object = {}) =>
    governance.replaceDraft(people.operatorAdmin, { agreement: first.id, expected, draft: fixture.request(over) });
  t.equal(codeOf(await replace(tagOf(first), { endsOn: "2040-01-01" })), "AGREEMENT_TERM_TOO_LONG");
  const approved = expectValue(await governance.approve(people.officer, first.id));
  t.equal(codeOf(await replace(tagOf(first))), "AGREEMENT_CHANGED", "the tag tells that it was approved");
  t.equal(codeOf(await replace(tagOf(approved))), "AGREEMENT_NOT_IN_THAT_STATE");
});

t.test("an approval binds to what was read: a replaced draft is approved by its tag alone", async (t) => {
  const first = await drafted();
  const second = expectValue(
    await governance.replaceDraft(people.operatorAdmin, {
      agreement: first.id,
      expected: tagOf(first),
      draft: fixture.request({ purpose: "别的用途" }),
    }),
  );
  t.equal(codeOf(await governance.approve(people.officer, first.id)), "AGREEMENT_VERSION_UNNAMED");
  t.equal(codeOf(await governance.approve(people.officer, first.id, tagOf(first))), "AGREEMENT_CHANGED");
  t.match(await governance.approve(people.officer, first.id, tagOf(second)), {
    state: "approved",
    version: { digest: second.version.digest },
  });
});

t.test("a draft swapped while its approval is under way is never approved unseen, 30 times", async (t) => {
  for (let attempt = 0; attempt < 30; attempt++) {
    const first = await drafted();
    const [replaced, approved] = await Promise.all([
      governance.replaceDraft(people.operatorAdmin, { agreement: first.id, expected: tagOf(first), draft: fixture.request() }),
      governance.approve(people.officer, first.id),
    ]);
    const now = expectValue(await governance.findForActor(people.officer, first.id));
    const sound =
      now.state === "approved"
        ? now.version.id === first.version.id && isRefusal(replaced)
        : now.version.number === 2 && isRefusal(approved);
    if (!sound) t.fail(`attempt ${attempt}: ${JSON.stringify([codeOf(replaced), codeOf(approved), now.state, now.version])}`);
  }
  t.pass("each time either the first version was approved or the second is a draft");
});
