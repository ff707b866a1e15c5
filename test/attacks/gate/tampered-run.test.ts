import t, { type Test } from "tap";
import { checkResult } from "../../../src/export-gate/index.ts";
import { type DoneAnswer, planOf, runGoverned } from "../../export-gate/governed-run.ts";
import { expectValue } from "../../support/value.ts";

type Evidence = DoneAnswer["evidence"][number];
type Value = DoneAnswer["rows"][number][number];

const run = await runGoverned("SELECT county, count(*) AS n, sum(income) AS s FROM person GROUP BY county");
const [genuine] = run.answer.evidence;
if (genuine === undefined) throw new Error("the statement has no release");

const refused = (t: Test, answer: Partial<DoneAnswer>, because: RegExp) =>
  t.match(checkResult({ ...run, answer: { ...run.answer, ...answer } }), { code: "RESULT_NOT_CHECKED", detail: { because } });

/** The evidence with one column of one county's row written over. */
function altered(county: string, column: string, value: Value): Evidence {
  const at = genuine?.columns.findIndex(({ name }) => name === column) ?? -1;
  if (genuine === undefined || at < 0) throw new Error(`no column ${column}`);
  return { ...genuine, rows: genuine.rows.map((row) => (row[0] === county ? row.with(at, value) : row)) };
}

t.test("a verdict that does not follow from its numbers shows nothing at all", async (t) => {
  for (const [county, column, value] of [
    ["裕华区", "a1_verdict", "pass"],
    ["桥西区", "a1_verdict", "owners"],
    ["桥西区", "a1_verdict", "dominance"],
    ["桥西区", "a2_verdict", "p-percent"],
    ["桥西区", "a1_owners", "9"],
    ["桥西区", "a1_owners", null],
    ["桥西区", "a1_o2_owners", "1"],
    ["桥西区", "a2_top1", 344850],
    ["桥西区", "a2_o2_top2", null],
    ["桥西区", "a2_top1", null],
    ["桥西区", "a2_total_abs", 0],
    ["桥西区", "a2_total_abs", "NaN"],
    ["桥西区", "a2_total_abs", "Infinity"],
    ["桥西区", "a2_top2", ""],
  ] as const)
    refused(t, { evidence: [altered(county, column, value)] }, /verdict/);
});

t.test("p % is derived anew, apart from dominance", async (t) => {
  // Greatest 50, second 30, rest 4 in all: below 90 % never, but 4 < 10 % of 50.
  const loose = { ...run.rules, dominanceShare: 0.99 };
  const rows = altered("桥西区", "a2_total_abs", 84).rows.map((row) =>
    row[0] === "桥西区" ? row.with(13, 84).with(14, 50).with(15, 30) : row,
  );
  t.match(checkResult({ ...run, rules: loose, answer: { ...run.answer, evidence: [{ ...genuine, rows }] } }), {
    code: "RESULT_NOT_CHECKED",
  });
});

t.test("a verdict of another word is no verdict", async (t) => {
  for (const word of ["PASS", "ok", "", null, true])
    refused(t, { evidence: [altered("桥西区", "a1_verdict", word)] }, /evidence/);
});

t.test("evidence with columns renamed, left out, doubled or moved is not the plan's", async (t) => {
  const renamed = (from: string, to: string): Evidence => ({
    ...genuine,
    columns: genuine.columns.map((column) => (column.name === from ? { ...column, name: to } : column)),
  });
  // Without its figure an owner would dominate nothing.
  refused(t, { evidence: [renamed("a2_top1", "top1")] }, /evidence/);
  refused(t, { evidence: [renamed("a2_o2_owners", "a2_o3_owners")] }, /evidence/);
  refused(t, { evidence: [renamed("a2_top1", "a2_top2")] }, /evidence/);
  refused(t, { evidence: [renamed("k1", "a1_verdict")] }, /evidence/);
  const without = (last: number): Evidence => ({
    ...genuine,
    columns: genuine.columns.slice(0, -last),
    rows: genuine.rows.map((row) => row.slice(0, -last)),
  });
  refused(t, { evidence: [without(1)] }, /evidence/);
  refused(t, { evidence: [without(5)] }, /evidence/);
});

t.test("rows without evidence are not shown", async (t) => {
  refused(t, { evidence: [] }, /evidence/);
  refused(t, { evidence: [{ ...genuine, release: "r2" }] }, /evidence/);
  refused(t, { evidence: [genuine, genuine] }, /evidence/);
  refused(t, { evidence: [{ release: "r1", columns: [], rows: [] }] }, /evidence/);
  const { columns } = genuine;
  refused(t, { rows: [], evidence: [{ release: "r1", columns: [], rows: genuine.rows }] }, /evidence/);
  refused(t, { evidence: [{ release: "r1", columns, rows: genuine.rows.map((row) => row.slice(0, 5)) }] }, /evidence/);
});

t.test("columns that are not the plan's are not shown", async (t) => {
  const { columns } = run.answer;
  refused(t, { columns: columns.map((column) => ({ ...column, name: `${column.name}x` })) }, /columns/);
  refused(t, { columns: columns.slice(1) }, /columns/);
  refused(t, { columns: [...columns].reverse() }, /columns/);
});

t.test("evidence of another statement does not vouch for this one", async (t) => {
  const plan = await planOf("SELECT county, sum(income) AS s FROM person GROUP BY county");
  t.match(checkResult({ ...run, plan, answer: { ...run.answer, columns: plan.columns } }), { code: "RESULT_NOT_CHECKED" });
});

t.test("what was checked cannot be altered afterwards, not even by whoever holds the answer", async (t) => {
  const rows: Value[][] = run.answer.rows.map((row) => [...row]);
  const checked = expectValue(checkResult({ ...run, answer: { ...run.answer, rows } }));
  const before = JSON.stringify(checked.content);
  rows.push(["裕华区", "6", 6015]);
  const [first] = rows;
  if (first !== undefined) first[1] = "1";
  t.equal(JSON.stringify(checked.content), before);
  t.throws(() => Object.assign(checked.content, { rows }), TypeError);
  t.throws(() => Object.assign(checked.content.rows, [["裕华区", "6", 6015]]), TypeError);
  t.throws(() => Object.assign(checked, { contentHash: "0".repeat(64) }), TypeError);
  const [cell] = checked.evidence;
  t.throws(() => Object.assign(cell ?? {}, { verdict: "pass" }), TypeError);
});

t.test("a figure whose owners' total overflows is not shown, though its sum does not", async (t) => {
  const waves = await runGoverned("SELECT county, sum(income) AS s FROM person GROUP BY county", [
    { county: "甲", people: 30, income: (at) => (at % 2 === 0 ? 1e308 : -1e308) },
  ]);
  const checked = checkResult(waves);
  t.strictSame("content" in checked ? checked.content.rows : [], []);
});
