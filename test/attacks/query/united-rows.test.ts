import t from "tap";
import { compileText, show } from "../../policy/query/duckdb-harness.ts";
import { sampleSchema } from "../../policy/query/sample-schema.ts";
import { village } from "./village.ts";

const connection = await village();
t.teardown(() => connection.closeSync());

async function codeOf(sql: string): Promise<string> {
  const outcome = await compileText(sql, sampleSchema);
  return outcome.kind === "refused" ? outcome.refusal.code : outcome.kind;
}

const target = "district = 'HamletT'";

t.test("no UNION puts one person between two figures", async (t) => {
  for (const { why, sql, shows } of [
    {
      why: "everybody, and the target once more",
      sql: `SELECT count(DISTINCT id_card), count(*) FROM (SELECT id_card FROM person UNION ALL SELECT id_card FROM person WHERE ${target})`,
      shows: ["40", null],
    },
    {
      why: "and three people once more: how many meet a condition is a number of people, small or not",
      sql: "SELECT count(DISTINCT id_card), count(*) FROM (SELECT id_card FROM person UNION ALL SELECT id_card FROM person WHERE birth_date < DATE '1980-01-04')",
      shows: ["40", null],
    },
    {
      why: "the same as a total of rows per person",
      sql: "SELECT count(*), sum(n) FROM (SELECT id_card, count(*) AS n FROM (SELECT id_card FROM person UNION ALL SELECT id_card FROM person WHERE birth_date < DATE '1980-01-04') GROUP BY id_card)",
      shows: ["40", null],
    },
    {
      why: "enough people once more are shown",
      sql: "SELECT count(DISTINCT id_card), count(*) FROM (SELECT id_card FROM person UNION ALL SELECT id_card FROM person WHERE gender = 'M')",
      shows: ["40", "60"],
    },
    {
      why: "the target's income under another table's name",
      sql: `SELECT sum(p.income), sum(u.x) FROM person p JOIN (SELECT id_card, income AS x FROM person WHERE district <> 'HamletT' UNION ALL SELECT id_card, cost FROM visit WHERE id_card IN (SELECT id_card FROM person WHERE ${target}) AND visit_date = DATE '2024-01-01') u USING (id_card)`,
      shows: [878000, null],
    },
    {
      why: "the part of the target, in a sum of its own",
      sql: `SELECT sum(x), count(*) FROM (SELECT id_card, 1000 AS x FROM person WHERE district <> 'HamletT' UNION ALL SELECT id_card, income FROM person WHERE ${target})`,
      shows: [null, null],
    },
    {
      why: "a flag that only one SELECT raises",
      sql: `SELECT count(*), sum(b), avg(b) FROM (SELECT id_card, 0 AS b FROM person UNION ALL SELECT id_card, 1 FROM person WHERE ${target})`,
      shows: ["41", null, null],
    },
    {
      why: "that everybody meets the condition of the second SELECT",
      sql: "SELECT count(DISTINCT id_card), count(DISTINCT id_card) FILTER (WHERE s = 'b') FROM (SELECT id_card, 'a' AS s FROM person UNION ALL SELECT id_card, 'b' FROM person WHERE income >= 10000)",
      shows: ["40", null],
    },
    {
      why: "the same by what is there",
      sql: "SELECT count(DISTINCT id_card), count(DISTINCT CASE WHEN x IS NOT NULL THEN id_card END) FROM (SELECT id_card, NULL AS x FROM person UNION ALL SELECT id_card, income FROM person WHERE income >= 10000)",
      shows: ["40", null],
    },
    {
      why: "all but the target",
      sql: "SELECT count(*), sum(income) FROM person JOIN (SELECT id_card FROM person EXCEPT SELECT id_card FROM person WHERE district <> 'HamletT') USING (id_card)",
      shows: undefined,
    },
    {
      why: "all but the target beside all",
      sql: "SELECT count(DISTINCT p.id_card), count(DISTINCT q.id_card) FROM person p LEFT JOIN (SELECT id_card FROM person INTERSECT SELECT id_card FROM person WHERE district <> 'HamletT') q USING (id_card)",
      shows: ["40", null],
    },
  ]) {
    const { rows } = await show(sql, sampleSchema, connection);
    t.same(rows, shows === undefined ? [] : [shows], `${why}: ${sql}`);
  }
});

t.test("released sets hold no value of one person", async (t) => {
  for (const sql of [
    "SELECT district FROM person UNION SELECT 'X'",
    "SELECT district FROM person EXCEPT SELECT 'Town'",
    "SELECT district FROM person INTERSECT SELECT district FROM person WHERE gender = 'M'",
  ]) {
    const { rows } = await show(sql, sampleSchema, connection);
    t.notOk(rows.flat().includes("HamletT"), sql);
  }
});

t.test("no column of united rows lends what the rules refuse", async (t) => {
  const both = (own: string, other: string): string =>
    `(SELECT id_card, ${own} AS x FROM person UNION ALL SELECT id_card, ${other} FROM person)`;
  for (const [code, why, sql] of [
    [
      "QUERY_MEASURE_CONDITION",
      "a constant off the grid, hidden in a column",
      `SELECT count(*) FROM person p JOIN ${both("income", "23333")} u USING (id_card) WHERE p.income < u.x`,
    ],
    [
      "QUERY_MEASURE_CONDITION",
      "two of them",
      `SELECT count(*) FROM person p JOIN ${both("23333", "23334")} u USING (id_card) WHERE p.income < u.x`,
    ],
    [
      "QUERY_OFF_GRID",
      "the same in every SELECT",
      `SELECT count(*) FROM person p JOIN ${both("23333", "23333")} u USING (id_card) WHERE p.income < u.x`,
    ],
    [
      "QUERY_OFF_GRID",
      "a finer grid from another table",
      "SELECT count(*) FROM (SELECT id_card, income AS x FROM person UNION ALL SELECT id_card, cost FROM visit) WHERE x >= 20500",
    ],
    [
      "QUERY_OFF_GRID",
      "a measure without a grid united with one that has one",
      "SELECT count(*) FROM (SELECT worker, employer, wage AS x FROM employment UNION ALL SELECT worker, employer, bonus FROM employment) WHERE x >= 20500",
    ],
    [
      "QUERY_OFF_GRID",
      "a formula takes the grid away",
      "SELECT count(*) FROM (SELECT id_card, income AS x FROM person UNION ALL SELECT id_card, income + 3333 FROM person) WHERE x >= 20000",
    ],
    [
      "QUERY_MEASURE_SHAPE",
      "a weight for the target",
      `SELECT sum(p.income * u.w) FROM person p JOIN (SELECT id_card, 1 AS w FROM person WHERE district <> 'HamletT' UNION ALL SELECT id_card, 1000 FROM person WHERE ${target}) u USING (id_card)`,
    ],
    [
      "QUERY_MEASURE_SHAPE",
      "a number of rows that a condition in one SELECT makes",
      `SELECT sum(p.income * u.n), sum(p.income) FROM person p JOIN (SELECT id_card, count(*) AS n FROM (SELECT id_card FROM person UNION ALL SELECT id_card FROM person WHERE ${target}) GROUP BY id_card) u USING (id_card)`,
    ],
    [
      "QUERY_MEASURE_SHAPE",
      "a number of groups that a condition in their key makes",
      `SELECT sum(p.income * u.n), sum(p.income) FROM person p JOIN (SELECT id_card, count(*) AS n FROM (SELECT id_card, CASE WHEN hospital = 'H1' THEN visit_date END AS c FROM visit GROUP BY ALL) GROUP BY id_card) u USING (id_card)`,
    ],
    [
      "QUERY_MEASURE_SHAPE",
      "a number of windowed rows that a condition chose",
      "SELECT sum(p.income * u.n) FROM person p JOIN (SELECT id_card, count(*) AS n FROM (SELECT id_card, row_number() OVER (PARTITION BY id_card) AS k FROM visit WHERE icd10 = 'B20') GROUP BY id_card) u USING (id_card)",
    ],
    ["QUERY_MEASURE_CONDITION", "a measure in a set", `SELECT count(*) FROM ${both("income", "income")} WHERE x = 20100`],
  ] as const)
    t.equal(await codeOf(sql), code, `${why}: ${sql}`);
});

t.test("what doubles itself ends at the compiler's bounds", async (t) => {
  const level = (i: number, of: string): string => `a${i} AS (SELECT id_card FROM ${of} UNION ALL SELECT id_card FROM ${of})`;
  const levels = [level(0, "person"), ...Array.from({ length: 30 }, (_unused, i) => level(i + 1, `a${i}`))];
  t.equal(await codeOf(`WITH ${levels.join(", ")} SELECT count(*) FROM a30`), "QUERY_TOO_LARGE");
  const join = (i: number, of: string): string =>
    `a${i} AS (SELECT x.id_card, count(*) AS n FROM ${of} x JOIN ${of} y USING (id_card) GROUP BY x.id_card)`;
  const joins = [join(0, "person"), ...Array.from({ length: 30 }, (_unused, i) => join(i + 1, `a${i}`))];
  t.equal(await codeOf(`WITH ${joins.join(", ")} SELECT count(*) FROM a30`), "QUERY_TOO_LARGE");
});
