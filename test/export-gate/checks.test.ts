import t from "tap";
import { runChecks } from "../../src/export-gate/checks/table.ts";
import { toCsv } from "../../src/export-gate/formats/csv.ts";
import { checkResult } from "../../src/export-gate/index.ts";
import { expectValue } from "../support/value.ts";
import { type Group, runGoverned, threeCounties } from "./governed-run.ts";

const byCounty = "SELECT county, count(*) AS n FROM person GROUP BY county";

/** Verdicts of all checks on a real run, and of the whole. */
async function verdicts(
  sql: string,
  groups: readonly Group[] = threeCounties,
  texts: { productName?: string; purpose?: string } = {},
) {
  const run = await runGoverned(sql, groups);
  const rerun = expectValue(checkResult(run));
  const { verdict, reports } = runChecks({
    stored: rerun,
    rerun,
    plan: run.plan,
    rules: run.rules,
    productName: texts.productName ?? "各县人数",
    purpose: texts.purpose ?? "公布",
  });
  return { whole: verdict, reports, of: (id: string) => reports.find((report) => report.id === id) };
}

const labelled = (county: string): readonly Group[] => [{ county, people: 300 }];

t.test("an aggregate of many people passes every check", async (t) => {
  const { whole, reports, of } = await verdicts(byCounty);
  t.equal(whole, "pass");
  t.strictSame(
    reports.map(({ id, verdict, mitigation }) => [id, verdict, mitigation]),
    ["rerun-agrees", "threshold", "positions", "identifier-like", "names-as-data", "formula-cells", "volume"].map((id) => [
      id,
      "pass",
      "",
    ]),
  );
  t.strictSame(of("threshold")?.evidence, { shown: 2, suppressed: { owners: 1 }, fewestOwners: 20, minOwners: 10 });
});

t.test("identifiers in a cell block the export, however they are written", async (t) => {
  for (const [text, kind] of [
    ["11010519491231002X", "resident identity number"],
    ["11010519491231002x", "resident identity number"],
    ["身份证１１０１０５１９４９１２３１００２Ｘ号", "resident identity number"],
    ["110105\u200b19491231\u200d002X", "resident identity number"],
    ["91350100M000100Y43", "unified social credit code"],
    ["91350100m000100y43。", "unified social credit code"],
    ["13812345678", "mobile number"],
    ["电话+86 １３８１２３４５６７８", "mobile number"],
  ] as const) {
    const { whole, of } = await verdicts(byCounty, labelled(text));
    t.equal(whole, "block", text);
    t.match(of("identifier-like"), { verdict: "block", evidence: { found: { [`${kind} in county`]: 1 } } });
  }
});

t.test("numbers that only look like identifiers stand in nobody's way", async (t) => {
  for (const text of ["110105194912310021", "91350100M000100Y44", "12812345678", "1381234567", "A11010519491231002X"])
    t.equal((await verdicts(byCounty, labelled(text))).of("identifier-like")?.verdict, "pass", text);
});

t.test("identifiers in a column's name, the product's name or the purpose block the export", async (t) => {
  const alias = await verdicts('SELECT county AS "11010519491231002X", count(*) AS n FROM person GROUP BY county');
  t.match(alias.of("identifier-like"), {
    verdict: "block",
    evidence: { found: { "resident identity number in a column's name": 1 } },
  });
  const product = await verdicts(byCounty, threeCounties, { productName: "１３８１２３４５６７８ 的收入" });
  t.match(product.of("identifier-like"), { verdict: "block", evidence: { found: { "mobile number in the product's name": 1 } } });
  const purpose = await verdicts(byCounty, threeCounties, { purpose: "91350100M000100Y43" });
  t.match(purpose.of("identifier-like"), {
    verdict: "block",
    evidence: { found: { "unified social credit code in the purpose": 1 } },
  });
});

t.test("a count that looks like a mobile number is a person's to judge, not blocked", async (t) => {
  const run = await runGoverned(byCounty);
  const rows = run.answer.rows.map((row) => row.with(1, "13812345678"));
  const rerun = expectValue(checkResult({ ...run, answer: { ...run.answer, rows } }));
  const { reports } = runChecks({ stored: rerun, rerun, ...run, productName: "x", purpose: "x" });
  t.match(
    reports.find(({ id }) => id === "identifier-like"),
    {
      verdict: "review",
      evidence: { found: { "mobile number in n": 2 } },
    },
  );
});

t.test("a cell or name that a spreadsheet would run waits for a reviewer and is written as text", async (t) => {
  for (const text of ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1x", "－1x", "＠x"]) {
    const { whole, of } = await verdicts(byCounty, labelled(text));
    t.equal(whole, "review", text);
    t.match(of("formula-cells"), { verdict: "review", evidence: { cells: 1 } });
    t.match(toCsv({ columns: [{ name: text, type: "VARCHAR" }], rows: [] }), `'${text}`);
  }
  t.match((await verdicts('SELECT county AS "=x", count(*) AS n FROM person GROUP BY county')).of("formula-cells"), {
    verdict: "review",
  });
  for (const text of ["-12.5", "+3", "-1e5", "2026-01", "a=b"])
    t.equal((await verdicts(byCounty, labelled(text))).of("formula-cells")?.verdict, "pass", text);
});

t.test("column names that are long or hold long numbers wait for a reviewer", async (t) => {
  for (const name of ["n".repeat(65), "z130102", "z１３０１０２"])
    t.equal((await verdicts(`SELECT count(*) AS "${name}" FROM person`)).of("names-as-data")?.verdict, "review", name);
  t.equal((await verdicts(`SELECT count(*) AS "${"n".repeat(64)}" FROM person`)).of("names-as-data")?.verdict, "pass");
});

t.test("many rows for few owners wait for a reviewer", async (t) => {
  const small = Array.from({ length: 4 }, (_, at) => ({ county: `县${at}`, people: 12, employers: 12 }));
  t.match((await verdicts(byCounty, small)).of("volume"), { verdict: "review", evidence: { rows: 4, owners: 48 } });
  const enough = small.map((group) => ({ ...group, people: 20, employers: 20 }));
  t.equal((await verdicts(byCounty, enough)).of("volume")?.verdict, "pass");
});

t.test("where everything is suppressed there is nothing to object to", async (t) => {
  const { whole, of } = await verdicts(byCounty, [{ county: "裕华区", people: 6 }]);
  t.equal(whole, "pass");
  t.match(of("threshold"), { evidence: { shown: 0, suppressed: { owners: 1 }, fewestOwners: null } });
  const words = await verdicts("SELECT 'a' AS label, count(*) AS n FROM person", [{ county: "裕华区", people: 6 }]);
  t.equal(words.of("volume")?.verdict, "pass");
});

t.test("rules stricter than those of the run block what they would have suppressed", async (t) => {
  const run = await runGoverned(byCounty);
  const rerun = expectValue(checkResult(run));
  const rules = { ...run.rules, minOwners: 21 };
  const { verdict, reports } = runChecks({ stored: rerun, rerun, plan: run.plan, rules, productName: "x", purpose: "x" });
  t.equal(verdict, "block");
  t.match(
    reports.find(({ id }) => id === "threshold"),
    { verdict: "block", evidence: { broken: 2 } },
  );
});

t.test("CSV follows RFC 4180: absent figures are empty, quotes are doubled, nested values are JSON", async (t) => {
  const columns = ["a", "b,c", 'd"e'].map((name) => ({ name, type: "VARCHAR" }));
  t.equal(
    toCsv({
      columns,
      rows: [
        [null, "x\ny", 'say "no"'],
        [true, 1.5, { k: [1] }],
      ],
    }),
    'a,"b,c","d""e"\r\n,"x\ny","say ""no"""\r\ntrue,1.5,"{""k"":[1]}"\r\n',
  );
});
