import t from "tap";
import { CheckedResult, checkResult, isCheckedResult } from "../../src/export-gate/index.ts";
import { platformFloor } from "../../src/policy/index.ts";
import { expectValue } from "../support/value.ts";
import { type DoneAnswer, planOf, runGoverned } from "./governed-run.ts";

const run = await runGoverned("SELECT county, count(*) AS n, sum(income) AS s FROM person GROUP BY county");

t.test("a run whose verdicts follow from their evidence is checked, and nothing of it is too small", async (t) => {
  const checked = expectValue(checkResult(run));
  t.ok(isCheckedResult(checked));
  t.strictSame(checked.content.columns, [
    { name: "county", type: "VARCHAR" },
    { name: "n", type: "BIGINT" },
    { name: "s", type: "DOUBLE" },
  ]);
  t.strictSame(
    checked.content.rows.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    [
      ["桥西区", "300", 344850],
      ["长安区", "294", 337071],
    ],
  );
  t.equal(checked.planDigest, run.plan.digest);
  t.strictSame(checked.evidence.find(({ keys: [county], atom }) => county === "裕华区" && atom === "a1")?.owners, [
    { owners: 6, total: 6, top1: 1, top2: 1 },
    { owners: 6, total: 6, top1: 1, top2: 1 },
  ]);
  t.strictSame(
    checked.evidence.filter(({ keys: [county] }) => county === "裕华区").map(({ verdict }) => verdict),
    ["owners", "owners"],
  );
});

t.test("the same rows in another order, or with another last digit of a DOUBLE, are the same content", async (t) => {
  const { contentHash } = expectValue(checkResult(run));
  const again = (rows: DoneAnswer["rows"]) => expectValue(checkResult({ ...run, answer: { ...run.answer, rows } })).contentHash;
  t.equal(again([...run.answer.rows].reverse()), contentHash);
  const withLast = (amount: number) =>
    run.answer.rows.map((row) => row.map((cell) => (typeof cell === "number" ? cell + amount : cell)));
  t.equal(again(withLast(1e-9)), again(withLast(2e-9)));
  t.not(again(withLast(0.5)), contentHash);
  t.not(again(run.answer.rows.slice(1)), contentHash);
  const nested = (at: number) => [[{ year: 2026, parts: [at, null, true] }, "1", 1]];
  t.equal(again(nested(1 / 3)), again(nested(1 / 3 + 1e-16)));
  t.not(again(nested(1 / 3)), again(nested(1 / 4)));
});

t.test("a run that failed on data is a checked result without a row", async (t) => {
  const { plan, rules } = run;
  const empty: DoneAnswer = {
    kind: "done",
    columns: plan.columns,
    rows: [],
    evidence: plan.releases.map(({ id }) => ({ release: id, columns: [], rows: [] })),
  };
  const checked = expectValue(checkResult({ plan, rules, answer: empty }));
  t.strictSame(checked.content.rows, []);
  t.strictSame(checked.evidence, []);
});

t.test("values that are no finite numbers are suppressed and stop nothing", async (t) => {
  const odd = await runGoverned("SELECT county, sum(income) AS s FROM person GROUP BY county", [
    { county: "甲", people: 30, income: (at) => (at === 3 ? Number.POSITIVE_INFINITY : 1) },
    { county: "乙", people: 30, income: (at) => (at === 3 ? Number.NaN : 1) },
    { county: "丙", people: 30, income: () => 1e308 },
    { county: "丁", people: 30 },
  ]);
  const checked = expectValue(checkResult(odd));
  t.strictSame(checked.content.rows, [["丁", 30435]]);
  t.match(checked.evidenceHash, /^[0-9a-f]{64}$/);
});

t.test("a checked result is made by checkResult and by nothing else", async (t) => {
  const checked = expectValue(checkResult(run));
  t.throws(() => new CheckedResult(Symbol("checked"), checked), TypeError);
  for (const other of [undefined, null, "checked", {}, { ...checked }, Object.create(CheckedResult.prototype)])
    t.notOk(isCheckedResult(other));
});

t.test("a plan that was not sealed is not checked", async (t) => {
  const plan = JSON.parse(JSON.stringify(await planOf("SELECT count(*) AS n FROM person")));
  t.match(checkResult({ ...run, plan }), { code: "RESULT_NOT_CHECKED", detail: { because: /sealed/ } });
});

t.test("in cell-key a cell may be withheld within the margin on k, beyond it or in exact it may not", async (t) => {
  // A database without a secret withholds every cell, whatever its size.
  const withheld = (people: number) =>
    runGoverned("SELECT county, count(*) AS n FROM person GROUP BY county", [{ county: "甲", people }], {
      ...platformFloor,
      mode: "cell-key",
    });
  for (const people of [10, 12]) {
    const noisy = await withheld(people);
    const checked = expectValue(checkResult(noisy));
    t.strictSame(checked.content, {
      columns: [
        { name: "county", type: "VARCHAR", perturbed: false },
        { name: "n", type: "BIGINT", perturbed: true },
      ],
      rows: [],
    });
    t.match(checkResult({ ...noisy, rules: platformFloor }), { code: "RESULT_NOT_CHECKED", detail: { because: /verdict/ } });
  }
  t.match(checkResult(await withheld(13)), { code: "RESULT_NOT_CHECKED", detail: { because: /verdict/ } });
});
