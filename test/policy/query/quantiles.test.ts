import { DuckDBInstance } from "@duckdb/node-api";
import t from "tap";
import { platformFloor } from "../../../src/policy/query/index.ts";
import { compileText, sealText, show } from "./duckdb-harness.ts";
import { openPeople } from "./people-database.ts";
import { addHidden } from "./provisioned.ts";
import { codeOf, refusalOf } from "./refusals.ts";
import { sampleSchema } from "./sample-schema.ts";

const connection = await openPeople();
t.teardown(() => connection.closeSync());

const plainRows = async (sql: string): Promise<readonly (readonly unknown[])[]> =>
  (await connection.runAndReadAll(sql)).getRowsJson();
const governedRows = async (sql: string): Promise<readonly (readonly unknown[])[]> =>
  (await show(sql, sampleSchema, connection)).rows;

/** The middle of the step of a grid that holds a value. */
const stepOf = (value: unknown, grid: number): number => Math.floor(Number(value) / grid) * grid + grid / 2;

t.test("every form of a quantile is the step of the grid in which the plain engine's lies", async (t) => {
  for (const [figure, grid, from] of [
    ["median(income)", 10000, "person"],
    ["quantile_cont(income, 0.25)", 10000, "person"],
    ["quantile_disc(income, 0.9)", 10000, "person"],
    ["quantile(income, 0.75)", 10000, "person"],
    ["percentile_cont(0.1) WITHIN GROUP (ORDER BY income)", 10000, "person"],
    ["percentile_disc(0.1) WITHIN GROUP (ORDER BY income DESC)", 10000, "person"],
    ["percentile_cont(0.75) WITHIN GROUP (ORDER BY income DESC NULLS LAST)", 10000, "person"],
    ["median(CASE WHEN district <> 'D0' THEN income END)", 10000, "person"],
    ["median(income::DOUBLE)", 10000, "person"],
    ["median(income) FILTER (WHERE birth_date >= DATE '1970-01-01')", 10000, "person"],
    ["approx_quantile(cost, 0.5)", 500, "visit"],
    ["median(cost) FILTER (WHERE cost >= 500 AND icd10 = 'I10')", 500, "visit"],
  ] as const) {
    const sql = `SELECT ${figure} FROM ${from}`;
    const [[plain] = []] = await plainRows(sql);
    t.same(await governedRows(sql), [[stepOf(plain, grid)]], sql);
  }
});

t.test("groups, joins, shifts and scales, lists", async (t) => {
  const byGender = await plainRows("SELECT gender, median(income) FROM person GROUP BY gender ORDER BY 1");
  const rows = byGender.map(([gender, income]) => [gender, stepOf(income, 10000)]);
  t.same(await governedRows("SELECT gender, median(income) FROM person GROUP BY gender ORDER BY 1"), rows);
  t.same(
    await governedRows("SELECT gender, median(-income / 1000 + 1) FROM person GROUP BY gender ORDER BY 1"),
    rows.map(([gender, income]) => [gender, -Number(income) / 1000 + 1]),
  );
  const list = await plainRows("SELECT quantile_cont(income, [0.1, 0.5, 0.9]) FROM person");
  const steps = [list[0]?.[0]].flat().map((value) => stepOf(value, 10000));
  t.same(await governedRows("SELECT quantile_cont(income, [0.1, 0.5, 0.9]) FROM person"), [[steps]]);
  t.same(await governedRows("SELECT percentile_cont([0.9, 0.1]) WITHIN GROUP (ORDER BY income) FROM person"), [
    [[steps[2], steps[0]]],
  ]);
  const joined = "SELECT median(v.cost) FROM person p JOIN visit v USING (id_card) WHERE p.income >= 50000";
  t.same(await governedRows(joined), [[stepOf((await plainRows(joined))[0]?.[0], 500)]]);
  t.same(
    await governedRows("SELECT count(*) FROM (SELECT district, median(income) AS m FROM person GROUP BY 1) WHERE m > 50000"),
    [["5"]],
  );
});

t.test("per-owner counts are whole numbers, per-owner sums have their measure's grid", async (t) => {
  const totals = "(SELECT id_card, count(*) AS n, sum(cost) AS c FROM visit GROUP BY id_card)";
  const [[n, c] = []] = await plainRows(`SELECT quantile_disc(n, 0.75), median(c) FROM ${totals}`);
  t.same(await governedRows(`SELECT quantile_disc(n, 0.75), median(c) FROM ${totals}`), [[Number(n), stepOf(c, 500)]]);
  t.same(
    await governedRows(
      "SELECT median(c) FROM (SELECT id_card, cost AS c, rank() OVER (PARTITION BY id_card ORDER BY visit_date) AS r FROM visit) WHERE r <= 3",
    ),
    [
      [
        stepOf(
          (
            await plainRows(
              "SELECT median(c) FROM (SELECT id_card, cost AS c, rank() OVER (PARTITION BY id_card ORDER BY visit_date) AS r FROM visit) WHERE r <= 3",
            )
          )[0]?.[0],
          500,
        ),
      ],
    ],
  );
});

t.test("what has no quantiles, and why", async (t) => {
  for (const [figure, code] of [
    ["median(district)", "QUERY_MEASURE_SHAPE"],
    ["median(id_card)", "QUERY_IDENTIFIER_USE"],
    ["median(birth_date)", "QUERY_MEASURE_SHAPE"],
    ["median(year(birth_date))", "QUERY_AGGREGATE_REFUSED"],
    ["median(sqrt(income))", "QUERY_AGGREGATE_REFUSED"],
    ["median(income * income)", "QUERY_MEASURE_SHAPE"],
    ["median(income + income)", "QUERY_MEASURE_SHAPE"],
    ["median(income * 0)", "QUERY_MEASURE_SHAPE"],
    ["median(coalesce(income, 0))", "QUERY_MEASURE_SHAPE"],
    ["median(CASE WHEN gender = 'M' THEN income ELSE 0 END)", "QUERY_MEASURE_SHAPE"],
    ["median(CASE WHEN gender = 'M' THEN 1 END)", "QUERY_MEASURE_SHAPE"],
    ["median(NULL::DOUBLE)", "QUERY_MEASURE_SHAPE"],
    ["median(DISTINCT income)", "QUERY_AGGREGATE_REFUSED"],
    ["median(income ORDER BY birth_date)", "QUERY_ROW_CHOICE"],
    ["quantile_cont(income, 0.5 ORDER BY birth_date)", "QUERY_ROW_CHOICE"],
    ["quantile_cont(income, 0)", "QUERY_AGGREGATE_REFUSED"],
    ["quantile_disc(income, 1)", "QUERY_AGGREGATE_REFUSED"],
    ["approx_quantile(income, 1.0)", "QUERY_AGGREGATE_REFUSED"],
    ["quantile_cont(income, -0.25)", "QUERY_AGGREGATE_REFUSED"],
    ["quantile_cont(income, 0.1234567)", "QUERY_AGGREGATE_REFUSED"],
    ["quantile_cont(income, [0.5, 1])", "QUERY_AGGREGATE_REFUSED"],
    ["quantile_cont(income, [])", "QUERY_AGGREGATE_REFUSED"],
    ["quantile_cont(income, 1.0 / 4)", "QUERY_AGGREGATE_REFUSED"],
    ["min(income)", "QUERY_AGGREGATE_REFUSED"],
    ["mad(income)", "QUERY_AGGREGATE_REFUSED"],
    ["median(income) OVER (ORDER BY income)", "QUERY_"],
  ] as const)
    t.ok((await codeOf(`SELECT ${figure} FROM person WHERE income > 0`)).startsWith(code), `${figure}: ${code}`);
  t.match(await refusalOf("SELECT max(income) FROM person"), { instead: /quantile_cont\(x, 0\.05\)/ });
  t.match(await refusalOf("SELECT median(bonus) FROM employment"), { found: "a quantile of bonus, which has no declared grid" });
  t.match(await refusalOf("SELECT median(b) FROM (SELECT worker, employer, sum(bonus) AS b FROM employment GROUP BY ALL)"), {
    found: /sum\(employment\.bonus.*no declared grid/,
  });
  t.match(await refusalOf("SELECT quantile_cont(income, 1) FROM person"), { found: "a quantile at 1", instead: /single people/ });
  const points = (count: number): string => Array.from({ length: count }, (_unused, i) => `0.${i + 101}`).join(", ");
  t.equal(await codeOf(`SELECT quantile_cont(income, [${points(40)}]) FROM person`), "compiled");
  t.equal(await codeOf(`SELECT quantile_cont(income, [${points(41)}]) FROM person`), "QUERY_TOO_LARGE");
});

t.test("totals under a condition, ranks and means of one owner have no quantiles", async (t) => {
  for (const [column, rest] of [
    ["sum(cost) FILTER (WHERE icd10 = 'I10')", ""],
    ["sum(CASE WHEN icd10 = 'I10' THEN cost END)", ""],
    ["sum(cost)", "WHERE icd10 = 'I10'"],
    ["count(*) FILTER (WHERE icd10 = 'I10')", ""],
    ["avg(cost)", ""],
    ["max(cost)", ""],
  ] as const)
    t.match(
      await codeOf(`SELECT median(f) FROM (SELECT id_card, ${column} AS f FROM visit ${rest} GROUP BY id_card)`),
      /QUERY_(AGGREGATE_REFUSED|MEASURE_SHAPE)/,
      column,
    );
});

t.test("a measure steers the rows of a quantile by plain ranges only", async (t) => {
  const visits =
    "(SELECT id_card, sum(cost) AS c, CASE WHEN sum(cost) >= 500 THEN 'high' ELSE 'low' END AS band FROM visit GROUP BY id_card)";
  for (const rest of [
    "FROM person WHERE income >= 10000 AND income < 90000 AND gender = 'M'",
    "FROM person WHERE income BETWEEN 10000 AND 90000",
    "FROM person WHERE income IS NOT NULL AND (gender = 'M' OR district = 'D1')",
    "FROM person GROUP BY floor(income / 20000) * 20000",
    "FROM person GROUP BY CASE WHEN income >= 50000 THEN 'high' ELSE 'low' END, gender",
    "FROM person GROUP BY income >= 50000",
    "FROM (SELECT id_card, income FROM person WHERE gender = 'M' UNION ALL SELECT id_card, income FROM person WHERE district = 'D1')",
    "FROM person p JOIN (SELECT id_card, cost >= 500 AS high, count(*) AS n FROM visit GROUP BY ALL) v USING (id_card) GROUP BY v.high",
    "FROM person GROUP BY CASE WHEN gender = 'M' OR district = 'D1' THEN 1 ELSE 2 END",
    `FROM person p JOIN ${visits} v USING (id_card) GROUP BY v.band`,
    "FROM person WHERE EXISTS (SELECT 1 FROM visit v WHERE v.id_card = person.id_card AND v.icd10 = 'I10')",
    "FROM person WHERE district IN (SELECT district FROM region WHERE area > 20)",
  ])
    t.equal(await codeOf(`SELECT median(income) ${rest}`), "compiled", rest);
  for (const rest of [
    "FROM person WHERE income >= 50000 OR district = 'D1'",
    "FROM person WHERE NOT (income >= 50000 AND district = 'D1')",
    "FROM person WHERE floor(income / 10000) * 10000 = 50000",
    "FROM person WHERE (income >= 50000) = (gender = 'M')",
    "FROM person WHERE CASE WHEN income >= 50000 THEN gender = 'M' ELSE TRUE END",
    "FROM person GROUP BY CASE WHEN income >= 50000 OR district = 'D1' THEN 1 ELSE 2 END",
    "FROM person GROUP BY CASE WHEN income >= 50000 AND district = 'D1' THEN 1 ELSE 2 END",
    "FROM person GROUP BY income >= 50000 OR district = 'D1'",
    `FROM person p JOIN ${visits} v USING (id_card) WHERE v.band = 'high' OR p.district = 'D1'`,
    `FROM person p LEFT JOIN visit v ON p.id_card = v.id_card AND (v.cost >= 500 OR v.icd10 = 'I10')`,
    "FROM (SELECT * FROM person WHERE income >= 50000 OR district = 'D1')",
    "FROM (SELECT id_card, income FROM person WHERE income >= 50000 UNION ALL SELECT id_card, income FROM person WHERE district = 'D1')",
    "FROM person JOIN (SELECT id_card, count(*) AS n FROM visit WHERE cost >= 500 OR icd10 = 'I10' GROUP BY id_card) USING (id_card)",
    "FROM person WHERE EXISTS (SELECT 1 FROM visit v WHERE v.id_card = person.id_card AND v.cost >= 500)",
  ])
    t.equal(await codeOf(`SELECT median(income) ${rest}`), "QUERY_MEASURE_CONDITION", rest);
  for (const filter of ["income >= 50000 OR district = 'D1'", "NOT (income >= 50000 AND gender = 'M')"])
    t.equal(await codeOf(`SELECT median(income) FILTER (WHERE ${filter}) FROM person`), "QUERY_MEASURE_CONDITION", filter);
  t.equal(
    await codeOf("SELECT median(CASE WHEN income >= 50000 OR district = 'D1' THEN income END) FROM person"),
    "QUERY_MEASURE_CONDITION",
  );
});

t.test("explain tells points and their rule", async (t) => {
  const outcome = await compileText(
    "SELECT gender, quantile_cont(income, [0.25, 0.75]) FROM person WHERE district = 'D1' GROUP BY gender",
    sampleSchema,
  );
  if (outcome.kind !== "draft") throw new Error("not compiled");
  const [release] = outcome.draft.explanation;
  t.match(release?.atoms.slice(1), [
    { id: "q1p1", figure: "quantile(person.income, 0.25) to 10000", condition: "(person.income is not null)" },
    { id: "q1p2", figure: "quantile(person.income, 0.75) to 10000" },
  ]);
  t.match(release?.rules, /quantiles: 10 or more owners on either side/);
  const plan = await sealText(outcome.draft);
  t.match(plan.releases[0]?.points, [
    { id: "q1p1", count: "a1", measure: "person.income", at: 0.25 },
    { id: "q1p2", at: 0.75 },
  ]);
});

t.test("quantiles over released and public rows are the engine's own", async (t) => {
  for (const sql of [
    "SELECT median(area), quantile_disc(area, 0.3), mad(area), max(area), quantile_cont(area, [0, 1]) FROM region",
    "SELECT median(n), max(n) FROM (SELECT district, count(*) AS n FROM person GROUP BY district)",
  ])
    t.same(await governedRows(sql), await plainRows(sql), sql);
});

t.test("NaN and infinities are rows at the ends, and no point among them is shown", async (t) => {
  const own = await (await DuckDBInstance.create(":memory:")).connect();
  t.teardown(() => own.closeSync());
  const values = "CASE i % 4 WHEN 0 THEN 'nan'::DOUBLE WHEN 1 THEN 'inf'::DOUBLE WHEN 2 THEN '-inf'::DOUBLE ELSE 10000e0 + i END";
  await own.run(
    `CREATE TABLE person AS SELECT i AS id_card, DATE '1980-01-01' AS birth_date, 'M' AS gender, 'D' AS district, ${values} AS income FROM range(400) r(i)`,
  );
  const { rows, evidence } = await show(
    "SELECT quantile_cont(income, 0.1), quantile_cont(income, 0.375), quantile_cont(income, 0.6), quantile_cont(income, 0.9) FROM person",
    sampleSchema,
    own,
  );
  t.same(rows, [[null, 15000, null, null]]);
  t.match(evidence, [{ q1p1_verdict: "non-finite", q1p2_verdict: "pass", q1p4_verdict: "non-finite" }]);
});

t.test("with noise a point moves by at most half a step, the same however it is asked for", async (t) => {
  const own = await openPeople();
  t.teardown(() => own.closeSync());
  await addHidden(own, sampleSchema);
  const noisy = { ...platformFloor, mode: "cell-key" } as const;
  const rowsOf = async (sql: string) => (await show(sql, sampleSchema, own, noisy)).rows;
  const [first = []] = await rowsOf(
    "SELECT quantile_cont(income, 0.25), median(income), count(*) FROM person WHERE gender = 'M'",
  );
  t.same(
    await rowsOf(
      "SELECT percentile_disc(0.25) WITHIN GROUP (ORDER BY income), median(income) FILTER (WHERE district <> 'x') FROM person WHERE NOT (gender <> 'M')",
    ),
    [first.slice(0, 2)],
  );
  const shares = Array.from({ length: 39 }, (_unused, i) => (i + 1) / 40);
  let moved = 0;
  for (const share of shares) {
    const sql = `SELECT district, quantile_cont(income, ${share}) FROM person GROUP BY district ORDER BY 1`;
    const plain = new Map((await plainRows(sql)).map(([district, value]) => [district, Number(value)]));
    for (const [district, value] of await rowsOf(sql)) {
      const exact = plain.get(district) ?? Number.NaN;
      t.ok(Math.abs(Number(value) - exact) <= 10000, `${district} at ${share}`);
      if (value !== stepOf(exact, 10000)) moved += 1;
    }
  }
  t.ok(moved > 5, `${moved} points are told as another step`);
});
