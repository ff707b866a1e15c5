import t from "tap";
import { compileText, show } from "../../policy/query/duckdb-harness.ts";
import { sampleSchema } from "../../policy/query/sample-schema.ts";
import { village } from "./village.ts";

interface Attack {
  readonly why: string;
  readonly sql: string;
  /** The one row that may be shown. */
  readonly shows: readonly unknown[];
}

const totals = (figure: string): string =>
  `SELECT ${figure} FROM person p LEFT JOIN (SELECT id_card, sum(income) AS total, count(*) AS n FROM person WHERE district <> 'HamletT' GROUP BY id_card) t ON p.id_card = t.id_card`;

const shown: readonly Attack[] = [
  { why: "a stored measure beside its total of all but one", sql: totals("sum(p.income), sum(t.total)"), shows: [878000, null] },
  { why: "a count beside the total of counts of all but one", sql: totals("count(*), sum(t.n)"), shows: ["40", null] },
  {
    why: "one column through two aliases",
    sql: "SELECT sum(a.income), sum(b.income) FROM person a LEFT JOIN person b ON a.id_card = b.id_card AND b.district <> 'HamletT'",
    shows: [878000, null],
  },
  {
    why: "and its square",
    sql: "SELECT sum(a.income * a.income), sum(b.income * b.income) FROM person a LEFT JOIN person b ON a.id_card = b.id_card AND b.district <> 'HamletT'",
    shows: [19325400000, null],
  },
  {
    why: "a number of people, all of whom but one have another illness too",
    sql: "SELECT count(DISTINCT id_card), count(DISTINCT CASE WHEN icd10 <> 'B20' THEN id_card END) FROM visit",
    shows: ["20", null],
  },
  {
    why: "rows that only one person multiplies, beside the number of people",
    sql: "SELECT count(DISTINCT p.id_card), count(*) FROM person p LEFT JOIN visit v ON v.id_card = p.id_card AND p.district = 'HamletT'",
    shows: ["40", null],
  },
  {
    why: "the same as totals",
    sql: "SELECT count(*), sum(n) FROM (SELECT p.id_card, count(*) AS n FROM person p LEFT JOIN visit v ON v.id_card = p.id_card AND p.district = 'HamletT' GROUP BY p.id_card)",
    shows: ["40", null],
  },
  {
    why: "that everybody has a total under a condition",
    sql: "SELECT count(*), count(b) FROM (SELECT id_card, sum(cost) FILTER (WHERE cost >= 0) AS b FROM visit GROUP BY id_card)",
    shows: ["20", null],
  },
  {
    why: "that a total under a condition is the whole one",
    sql: "SELECT sum(a), sum(b) FROM (SELECT id_card, sum(cost) AS a, sum(cost) FILTER (WHERE cost >= 0) AS b FROM visit GROUP BY id_card)",
    shows: [21900, null],
  },
  {
    why: "that everybody has a case",
    sql: "SELECT count(*), count(b) FROM (SELECT id_card, count(CASE WHEN cost >= 0 THEN 1 END) AS b, max(CASE WHEN cost >= 0 THEN hospital END) AS h FROM visit GROUP BY id_card) WHERE h IS NOT NULL OR b IS NULL",
    shows: ["20", null],
  },
  {
    why: "that everybody's greatest has one",
    sql: "SELECT count(*), count(h) FROM (SELECT id_card, max(CASE WHEN cost >= 0 THEN hospital END) AS h FROM visit GROUP BY id_card)",
    shows: ["20", null],
  },
  {
    why: "that everybody counts",
    sql: "SELECT count(*), count(*) FILTER (WHERE b > 0) FROM (SELECT id_card, count_if(cost >= 0) AS b FROM visit GROUP BY id_card)",
    shows: ["20", null],
  },
  {
    why: "that everybody has a row behind an outer join, seen through a window",
    sql: "SELECT count(*), count(h) FROM (SELECT p.id_card, v.hospital AS h, row_number() OVER (PARTITION BY p.id_card ORDER BY v.visit_date) AS k FROM person p LEFT JOIN visit v USING (id_card) WHERE p.birth_date < DATE '1980-01-20') WHERE k = 1",
    shows: ["19", null],
  },
  {
    why: "that everybody has a row before",
    sql: "SELECT count(*), count(h) FROM (SELECT id_card, lag(hospital) OVER (PARTITION BY id_card ORDER BY visit_date) AS h, row_number() OVER (PARTITION BY id_card ORDER BY visit_date) AS k FROM visit) WHERE k = 2",
    shows: ["20", null],
  },
  {
    why: "a key behind an outer join counts only whom it names, and that all are named tells",
    sql: "SELECT count(DISTINCT v.id_card), count(*) FROM person p LEFT JOIN visit v ON v.id_card = p.id_card WHERE p.birth_date < DATE '1980-01-20'",
    shows: [null, "190"],
  },
  {
    why: "IS NOT NULL of a condition in disguise",
    sql: "SELECT count(*), count(*) FILTER (WHERE (CASE WHEN income >= 20000 THEN 1 END) IS NOT NULL) FROM person",
    shows: ["40", null],
  },
  {
    why: "whole numbers beyond their type would fail for one person's row",
    sql: "SELECT count(*) FROM person WHERE district <> 'HamletT' OR year(birth_date) * 10000 * 10000 * 10000 * 10000 * 10000 > 0",
    shows: ["39"],
  },
  {
    why: "and so would a date beyond its range",
    sql: `SELECT count(*) FROM person WHERE district = 'Town' OR birth_date > DATE '9999-12-31'${" + INTERVAL 10000 YEAR".repeat(30)}`,
    shows: ["39"],
  },
];

t.test("no total, window or outer join isolates one person", async (t) => {
  const connection = await village();
  t.teardown(() => connection.closeSync());
  await connection.run("UPDATE visit SET icd10 = CASE WHEN id_card = 0 OR cost < 30 THEN 'B20' ELSE 'I10' END");
  for (const { why, sql, shows } of shown) t.same((await show(sql, sampleSchema, connection)).rows, [shows], `${why}: ${sql}`);
});

const refused: readonly (readonly [code: string, why: string, sql: string])[] = [
  [
    "QUERY_JOIN_NOT_BY_OWNER",
    "the condition of an outer join keeps every left row, so it ties nothing on its left",
    "SELECT sum(c.income) FROM (person a CROSS JOIN person c) LEFT JOIN visit b ON a.id_card = b.id_card AND a.id_card = c.id_card WHERE c.district = 'HamletT'",
  ],
  [
    "QUERY_JOIN_NOT_BY_OWNER",
    "nor through its right",
    "SELECT sum(c.income) FROM (person c CROSS JOIN person a) LEFT JOIN visit b ON a.id_card = b.id_card AND c.id_card = b.id_card WHERE c.district = 'HamletT'",
  ],
  [
    "QUERY_JOIN_NOT_BY_OWNER",
    "even where every owner stays another",
    "SELECT sum(p.income) FROM (person p CROSS JOIN enterprise n) LEFT JOIN employment e ON e.worker = p.id_card AND e.employer = n.uscc",
  ],
  [
    "QUERY_JOIN_KIND",
    "two free tables that are equated only with each other multiply one person's row",
    "SELECT count(*) FROM person p CROSS JOIN (VALUES ('B'), ('C')) a(x) CROSS JOIN (VALUES ('B'), ('C')) b(x) WHERE a.x = b.x AND (p.district = 'HamletT' OR b.x = 'B')",
  ],
  [
    "QUERY_MEASURE_SHAPE",
    "a year for everybody but one",
    "SELECT sum(year(CASE WHEN district = 'HamletT' THEN birth_date ELSE DATE '1000-01-01' END)) FROM person",
  ],
  [
    "QUERY_MEASURE_SHAPE",
    "the same through an extreme",
    "SELECT sum(year(m)) FROM (SELECT id_card, min(CASE WHEN district = 'HamletT' THEN birth_date ELSE DATE '1000-01-01' END) AS m FROM person GROUP BY id_card)",
  ],
  [
    "QUERY_MEASURE_CONDITION",
    "a total that is a constant off the grid",
    "SELECT count(*) FROM (SELECT id_card, sum(income) AS i, sum(income * 0 + 23333) AS c FROM person GROUP BY id_card) WHERE i < c",
  ],
  [
    "QUERY_MEASURE_CONDITION",
    "or the greatest of them",
    "SELECT count(*) FROM (SELECT id_card, max(i) AS i, max(c) AS c FROM (SELECT id_card, sum(income) AS i, sum(income * 0 + 23333) AS c FROM person GROUP BY id_card) GROUP BY id_card) WHERE c > i",
  ],
  [
    "QUERY_AGGREGATE_REFUSED",
    "lists of extremes",
    "SELECT count(*) FROM (SELECT id_card, max(cost, 2) AS a, max(cost, 3) AS b FROM visit GROUP BY id_card) WHERE a < b",
  ],
  [
    "QUERY_AGGREGATE_REFUSED",
    "over windows as well",
    "SELECT count(*) FROM (SELECT id_card, max(cost, 2) OVER (PARTITION BY id_card) AS a FROM visit) WHERE a IS NOT NULL",
  ],
  [
    "QUERY_MEASURE_SHAPE",
    "an attribute does not become a measure by standing beside a window",
    "SELECT sum(level) FROM (SELECT level, row_number() OVER (PARTITION BY worker, employer ORDER BY since) AS k FROM employment) WHERE k = 1",
  ],
  [
    "QUERY_MEASURE_SHAPE",
    "a total of chosen rows is not plain, although a window chose them first",
    "SELECT sum(s * s) FROM (SELECT id_card, sum(cost) AS s FROM (SELECT id_card, cost, row_number() OVER (PARTITION BY id_card ORDER BY visit_date) AS k FROM visit WHERE hospital = 'H1') GROUP BY id_card)",
  ],
];

t.test("what would put one person's values into others' figures is refused", async (t) => {
  for (const [code, why, sql] of refused) {
    const outcome = await compileText(sql, sampleSchema);
    t.equal(outcome.kind === "refused" ? outcome.refusal.code : outcome.kind, code, `${why}: ${sql}`);
  }
});

t.test("outer joins whose left side is tied by itself stay", async (t) => {
  const connection = await village();
  t.teardown(() => connection.closeSync());
  for (const [sql, rows] of [
    ["SELECT count(*) FROM (person a JOIN person c ON a.id_card = c.id_card) LEFT JOIN visit b ON a.id_card = b.id_card", "220"],
    [
      "SELECT count(*) FROM person a LEFT JOIN (visit b CROSS JOIN person c) ON a.id_card = b.id_card AND b.id_card = c.id_card",
      "220",
    ],
    ["SELECT count(DISTINCT v.id_card) FROM person p LEFT JOIN visit v ON v.id_card = p.id_card", "20"],
    [
      "SELECT count(*) FROM person p JOIN (VALUES ('Town', 1)) a(x, n) ON a.x = p.district JOIN (VALUES (1)) b(n) ON b.n = a.n",
      "39",
    ],
    ["SELECT count(*) FROM (person a LEFT JOIN visit b USING (id_card)) JOIN person c ON c.id_card = b.id_card", "200"],
    ["SELECT avg(year(birth_date)) * 20 FROM (SELECT id_card, birth_date FROM person GROUP BY id_card, birth_date)", 39600],
    [
      "SELECT sum(cost) FROM (SELECT cost, row_number() OVER (PARTITION BY id_card ORDER BY visit_date) AS k FROM visit) WHERE k = 1",
      390,
    ],
  ] as const)
    t.same((await show(sql, sampleSchema, connection)).rows, [[rows]], sql);
});
