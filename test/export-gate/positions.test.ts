import t from "tap";
import { positions } from "../../src/export-gate/checks/positions.ts";
import { checkResult } from "../../src/export-gate/index.ts";
import { brokenPlace } from "../../src/export-gate/rules.ts";
import { platformFloor, type ReleaseRules } from "../../src/policy/index.ts";
import { expectValue } from "../support/value.ts";
import { type DoneAnswer, runGoverned } from "./governed-run.ts";

const run = await runGoverned("SELECT county, quantile_cont(income, [0.4, 0.5]) AS q FROM person GROUP BY county", [
  { county: "桥西区", people: 600, employers: 100, income: (at) => 1000 + at },
  { county: "长安区", people: 600, employers: 100, income: (at) => 1000 * at },
  { county: "裕华区", people: 600, employers: 21 },
  { county: "新华区", people: 6 },
]);

type Evidence = ReturnType<typeof pointsOf>;
const pointsOf = (answer: DoneAnswer) =>
  expectValue(checkResult({ ...run, answer })).evidence.filter(({ point }) => point !== undefined);

/** The run with one figure of its evidence in one group replaced. */
function tampered(county: string, column: string, value: string): DoneAnswer {
  const evidence = run.answer.evidence.map((table) => {
    const place = table.columns.findIndex(({ name }) => name === column);
    return { ...table, rows: table.rows.map((row) => (row[0] === county ? row.with(place, value) : row)) };
  });
  return { ...run.answer, evidence };
}

t.test("points carry the owners of their rows, their place and who is near", async (t) => {
  const points = pointsOf(run.answer);
  const of = (county: string): Evidence => points.filter(({ keys }) => keys[0] === county);
  t.strictSame(run.answer.rows, [["桥西区", [1250, 1250]]]);
  t.match(of("桥西区"), [
    {
      atom: "q1p1",
      verdict: "pass",
      point: { at: 0.4, apart: null, below: 99 },
      owners: [{ owners: 600 }, { owners: 100, top1: 6 }],
    },
    {
      atom: "q1p2",
      verdict: "pass",
      point: {
        at: 0.5,
        apart: 0.5 - 0.4,
        near: [
          { low: 100, high: 100 },
          { low: 100, high: 100 },
        ],
      },
    },
  ]);
  t.strictSame(
    ["长安区", "裕华区", "新华区"].map((county) => of(county).map(({ verdict }) => verdict)),
    [
      ["neighbours", "neighbours"],
      ["position", "position"],
      ["owners", "owners"],
    ],
  );
});

t.test("a verdict on a point that does not follow from its evidence stops the result", async (t) => {
  for (const [county, column, value] of [
    ["桥西区", "q1p1_below", "9"],
    ["桥西区", "q1p1_above", "9"],
    ["桥西区", "q1p1_above", "many"],
    ["桥西区", "q1p2_low", "9"],
    ["桥西区", "q1p2_o2_high", "9"],
    ["桥西区", "a1_o2_top1", "300"],
    ["桥西区", "a1_o2_owners", "20"],
    ["桥西区", "q1p2_verdict", "neighbours"],
    ["桥西区", "q1p2_verdict", "position"],
    ["长安区", "q1p1_verdict", "pass"],
    ["裕华区", "q1p1_verdict", "pass"],
    ["裕华区", "q1p1_verdict", "neighbours"],
    ["新华区", "q1p1_verdict", "pass"],
    ["桥西区", "q1p1_verdict", "fine"],
    ["桥西区", "a1_verdict", "fine"],
  ] as const)
    t.match(
      checkResult({ ...run, answer: tampered(county, column, value) }),
      { code: "RESULT_NOT_CHECKED" },
      `${column} = ${value}`,
    );
  t.ok(pointsOf(tampered("桥西区", "q1p1_below", "98")).length > 0, "what changes no verdict is believed");
  const absent = run.answer.evidence.map((table) => ({
    ...table,
    columns: table.columns.map((one) => ({ ...one, name: one.name.replace("q1p1", "q1p3") })),
  }));
  t.match(checkResult({ ...run, answer: { ...run.answer, evidence: absent } }), { code: "RESULT_NOT_CHECKED" });
});

t.test("stricter rules block what they would have kept back", async (t) => {
  const rerun = expectValue(checkResult(run));
  const outcome = (rules: ReleaseRules) =>
    positions.run({ stored: rerun, rerun, plan: run.plan, rules, productName: "x", purpose: "x" });
  t.match(outcome(run.rules), { verdict: "pass", evidence: { shown: 2, suppressed: 6 } });
  t.match(outcome({ ...platformFloor, minOwners: 11 }), { verdict: "block", evidence: { broken: 1 } });
  t.match(outcome({ ...platformFloor, minOwners: 60 }), { verdict: "block", evidence: { broken: 2 } });
});

t.test("a point without evidence of its owners is near nobody", async (t) => {
  const point = { at: 0.5, apart: null, below: 100, above: 100, near: [] };
  const owners = [{ owners: 100, total: 100, top1: null, top2: null }];
  t.equal(brokenPlace({ point, owners }, platformFloor), "neighbours");
  t.equal(brokenPlace({ point: { ...point, near: [{ low: 10, high: 10 }] }, owners }, platformFloor), undefined);
  t.equal(brokenPlace({ owners }, platformFloor), undefined);
});
