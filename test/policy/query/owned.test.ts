import t from "tap";
import { agreesWith } from "./agrees.ts";
import { show } from "./duckdb-harness.ts";
import { openPeople } from "./people-database.ts";
import { codeOf, refusalOf } from "./refusals.ts";
import { sampleSchema } from "./sample-schema.ts";

const connection = await openPeople();
t.teardown(() => connection.closeSync());

const agrees = agreesWith(connection);

t.test("totals of one owner are columns like others: summed, averaged, banded, filtered", async (t) => {
  for (const sql of [
    "WITH u AS (SELECT id_card, count(*) AS n, sum(cost) AS c FROM visit GROUP BY id_card) SELECT count(*), avg(n), sum(n), avg(c), sum(c) FROM u",
    "SELECT n, count(*) FROM (SELECT id_card, count(*) AS n FROM visit GROUP BY id_card) GROUP BY n",
    "SELECT CASE WHEN c < 1000 THEN 'low' WHEN c < 5000 THEN 'mid' ELSE 'high' END AS b, count(*) FROM (SELECT id_card, sum(cost) AS c FROM visit GROUP BY id_card) GROUP BY b",
    "SELECT floor(c / 1000) * 1000 AS b, count(*) FROM (SELECT id_card, sum(cost) AS c FROM visit WHERE hospital <> 'H3' GROUP BY id_card) GROUP BY b HAVING count(*) > 20",
    "SELECT count(*), sum(f), avg(f) FROM (SELECT id_card, count(*) FILTER (WHERE icd10 = 'I10') AS f FROM visit GROUP BY id_card HAVING count(*) > 2)",
    "SELECT hospital, avg(c), count(*) FROM (SELECT id_card, hospital, sum(CASE WHEN icd10 = 'I10' THEN cost ELSE 0 END) AS c FROM visit GROUP BY ALL) GROUP BY hospital",
    "SELECT sum(d), avg(d), count(*) FROM (SELECT id_card, count(DISTINCT hospital) AS d FROM visit GROUP BY id_card)",
    "SELECT year(first), count(*) FROM (SELECT id_card, min(visit_date) AS first FROM visit GROUP BY id_card) GROUP BY 1",
    "SELECT count(*) FROM (SELECT id_card, max(cost) AS m, avg(cost) AS a, median(cost) AS q FROM visit GROUP BY id_card) WHERE m >= 1000 AND a < 1500 AND q >= 500",
    "SELECT count(*) FILTER (WHERE ev), count(*) FILTER (WHERE so) FROM (SELECT id_card, bool_and(cost >= 500) AS ev, bool_or(icd10 = 'I10') AS so FROM visit GROUP BY id_card)",
    "SELECT count(*), sum(k) FROM (SELECT id_card, count(cost) AS k, count_if(cost >= 1000) AS m FROM visit GROUP BY id_card) WHERE m >= 1",
    "SELECT sum(s) FROM (SELECT id_card, sum(c) AS s FROM (SELECT id_card, hospital, sum(cost) AS c FROM visit GROUP BY ALL) GROUP BY id_card)",
    "SELECT sum(n * n), sum(n * c) FROM (SELECT id_card, count(*) AS n, sum(cost) AS c FROM visit GROUP BY id_card)",
    "SELECT avg(x) FROM (SELECT id_card, sum(cost / 2 + 3) AS x FROM visit GROUP BY id_card)",
    "SELECT sum(x) FROM (SELECT id_card, sum(cost * cost) AS x FROM visit GROUP BY id_card)",
    "SELECT sum(x) FROM (SELECT id_card, sum(year(visit_date)) AS x FROM visit GROUP BY id_card)",
    "SELECT industry, sum(e), avg(t) FROM (SELECT uscc, industry, sum(employees) AS e, sum(tax) AS t FROM enterprise GROUP BY uscc, industry) GROUP BY industry",
    "SELECT count(*), sum(k) FROM (SELECT id_card, count(hospital) AS k, count(year(visit_date)) AS y FROM visit GROUP BY id_card ORDER BY k) WHERE y > 1",
    "SELECT count(*) FROM (SELECT p.id_card, e.employer, count(*) AS n FROM person p LEFT JOIN employment e ON e.worker = p.id_card GROUP BY p.id_card, e.employer) WHERE n = 1",
    "SELECT avg(x), sum(x) FROM (SELECT worker, employer, sum(wage) AS x, sum(level) AS never FROM (SELECT worker, employer, wage, 1 AS level FROM employment) GROUP BY worker, employer)",
  ])
    await agrees(t, sql);
});

t.test("joined again, totals stand beside the owner's other columns", async (t) => {
  for (const sql of [
    "SELECT p.gender, avg(u.n), sum(u.n * p.income) FROM person p JOIN (SELECT id_card, count(*) AS n FROM visit GROUP BY id_card) u USING (id_card) GROUP BY p.gender",
    "SELECT p.gender, count(*), count(u.n), avg(coalesce(u.n, 0)) FROM person p LEFT JOIN (SELECT id_card, count(*) AS n FROM visit GROUP BY id_card) u USING (id_card) GROUP BY p.gender",
    "SELECT DISTINCT hospital, n FROM (SELECT hospital, count(*) AS n FROM (SELECT DISTINCT id_card, hospital FROM visit) GROUP BY hospital)",
  ])
    await agrees(t, sql);
});

t.test("outer joins keep every row of the one side", async (t) => {
  for (const sql of [
    "SELECT p.gender, count(*), count(v.id_card), sum(v.cost) FROM person p LEFT JOIN visit v ON v.id_card = p.id_card GROUP BY p.gender",
    "SELECT p.district, count(*) FROM visit v RIGHT JOIN person p ON p.id_card = v.id_card AND v.hospital = 'H1' GROUP BY p.district",
    "SELECT count(*) FROM person p LEFT JOIN (SELECT * FROM visit WHERE icd10 = 'I10') v ON v.id_card = p.id_card WHERE p.gender = 'M'",
    "SELECT n, count(*) FROM (SELECT p.id_card, count(v.id_card) AS n FROM person p LEFT JOIN visit v ON v.id_card = p.id_card GROUP BY p.id_card) GROUP BY n",
    "SELECT p.gender, count(DISTINCT e.employer) FROM person p LEFT JOIN employment e ON e.worker = p.id_card GROUP BY p.gender",
    "SELECT p.gender, count(DISTINCT e.employer), count(*) FROM person p LEFT JOIN (employment e JOIN employment f ON e.worker = f.worker AND e.employer = f.employer) ON e.worker = p.id_card GROUP BY p.gender",
    "WITH b AS (SELECT p.id_card, p.gender, v.cost FROM person p LEFT JOIN visit v ON v.id_card = p.id_card) SELECT x.gender, count(*) FROM b x JOIN b y ON x.id_card = y.id_card GROUP BY x.gender",
    "SELECT count(*) FROM person p LEFT JOIN (visit v JOIN employment e ON e.worker = v.id_card) ON v.id_card = p.id_card",
  ])
    await agrees(t, sql);
});

t.test("windows within one owner give attributes of the owner", async (t) => {
  for (const sql of [
    "WITH f AS (SELECT id_card, hospital, row_number() OVER (PARTITION BY id_card ORDER BY visit_date, cost) AS k FROM visit) SELECT hospital, count(*) FROM f WHERE k = 1 GROUP BY ALL",
    "SELECT count(*), sum(cost) FROM visit WHERE cost >= 0 AND id_card IS NOT NULL AND hospital = 'H1'",
    "SELECT gap > 60 AS long, count(*) FROM (SELECT id_card, date_diff('day', lag(visit_date) OVER (PARTITION BY id_card ORDER BY visit_date), visit_date) AS gap FROM visit) GROUP BY long",
    "SELECT n, count(*) FROM (SELECT id_card, hospital, count(*) OVER (PARTITION BY id_card) AS n FROM visit) GROUP BY n",
    "SELECT hospital, count(*) FROM (SELECT * FROM visit QUALIFY row_number() OVER (PARTITION BY id_card ORDER BY visit_date, cost) = 1) GROUP BY hospital",
    "SELECT count(*) FROM (SELECT id_card, sum(cost) OVER (PARTITION BY id_card ORDER BY visit_date, cost) AS running, cost FROM visit) WHERE running >= 2000",
    "SELECT count(*) FROM (SELECT id_card, cost, max(cost) OVER (PARTITION BY id_card) AS most FROM visit) WHERE most > cost",
    "SELECT q, count(*) FROM (SELECT id_card, ntile(2) OVER (PARTITION BY id_card ORDER BY visit_date) AS q FROM visit) GROUP BY q",
    "SELECT count(*) FROM (SELECT id_card, lead(cost, 1) OVER (PARTITION BY id_card ORDER BY visit_date) AS next, cost FROM visit) WHERE next > cost",
    "SELECT count(*) FROM (SELECT e.worker, e.employer, dense_rank() OVER (PARTITION BY e.worker, e.employer ORDER BY v.visit_date) AS r FROM employment e JOIN visit v ON v.id_card = e.worker) WHERE r = 1",
    "SELECT n, m, count(*) FROM (SELECT id_card, count(cost) OVER (PARTITION BY id_card) AS n, count(hospital) OVER (PARTITION BY id_card, year(visit_date)) AS m FROM visit) GROUP BY n, m HAVING count(*) > 30",
    "SELECT k, count(*) FROM (SELECT id_card, rank() OVER (PARTITION BY id_card, hospital ORDER BY cost DESC) AS k FROM visit) GROUP BY k",
    "SELECT r, count(*) FROM (SELECT id_card, n, row_number() OVER (PARTITION BY id_card ORDER BY n) AS r FROM (SELECT id_card, hospital, count(*) AS n FROM visit GROUP BY ALL)) GROUP BY r",
    "SELECT r, sum(f) FROM (SELECT id_card, f, row_number() OVER (PARTITION BY id_card ORDER BY f) AS r FROM (SELECT id_card, hospital, count(*) FILTER (WHERE icd10 = 'I10') AS f FROM visit GROUP BY ALL)) GROUP BY r",
    "SELECT count(*) FROM (SELECT p.id_card, row_number() OVER (PARTITION BY p.id_card ORDER BY v.visit_date) AS k FROM person p LEFT JOIN visit v ON v.id_card = p.id_card) WHERE k = 1",
  ])
    await agrees(t, sql);
});

t.test("a total under a condition counts only the owners who meet it", async (t) => {
  const few =
    "WITH u AS (SELECT id_card, sum(cost) FILTER (WHERE hospital = 'H1' AND icd10 = 'I10' AND visit_date < DATE '2024-01-20') AS f, count(*) FILTER (WHERE visit_date < DATE '2024-01-02') AS g FROM visit GROUP BY id_card)";
  t.same((await show(`${few} SELECT sum(f), sum(g), count(*) FROM u`, sampleSchema, connection)).rows[0]?.slice(0, 2), [
    null,
    null,
  ]);
});

t.test("totals that differ by few owners do not stand beside each other", async (t) => {
  const two = (condition: string): string =>
    `SELECT sum(a), sum(b), sum(n), sum(m) FROM (SELECT id_card, sum(cost) AS a, sum(cost) FILTER (WHERE ${condition}) AS b, count(*) AS n, count(*) FILTER (WHERE ${condition}) AS m FROM visit GROUP BY id_card)`;
  const [close] = (await show(two("visit_date <> DATE '2024-01-03'"), sampleSchema, connection)).rows;
  t.same([close?.[1], close?.[3]], [null, null], "one day fewer");
  t.ok(close?.[0] !== null && close?.[2] !== null, "the whole is shown");
  await agrees(t, two("hospital <> 'H1'"));
  // Through two WITH queries the same difference is the same.
  const apart =
    "WITH a AS (SELECT id_card, sum(cost) AS c FROM visit GROUP BY id_card), b AS (SELECT id_card, sum(cost) AS c FROM visit WHERE visit_date <> DATE '2024-01-03' GROUP BY id_card) SELECT sum(a.c), sum(b.c) FROM a LEFT JOIN b USING (id_card)";
  t.equal((await show(apart, sampleSchema, connection)).rows[0]?.[1], null);
});

t.test("having a row at all is told as little as any attribute", async (t) => {
  // Everybody of 1950 to 1951 but for the few without a visit: beside the count of all it would name them.
  const sql =
    "SELECT count(*), count(*) FILTER (WHERE v.id_card IS NOT NULL) FROM (SELECT * FROM person WHERE id_card IS NOT NULL AND district = 'D0') p LEFT JOIN (SELECT id_card FROM visit WHERE hospital <> 'H9' GROUP BY id_card) v USING (id_card)";
  const { rows } = await show(sql, sampleSchema, connection);
  t.ok(rows.length > 0);
  const full =
    "SELECT count(*), count(*) FILTER (WHERE e.worker IS NOT NULL) FROM person p LEFT JOIN employment e ON e.worker = p.id_card";
  t.equal((await show(full, sampleSchema, connection)).rows[0]?.[1], null, "all are employed, and it is not said");
});

t.test("what is no one's own, or would be chosen by rows of others, is refused", async (t) => {
  for (const [sql, code] of [
    ["SELECT id_card, count(*) FROM visit GROUP BY id_card", "QUERY_ROWS_NOT_SHOWN"],
    ["SELECT worker, sum(wage) FROM employment GROUP BY worker", "QUERY_GROUP_BY_OWNER"],
    ["SELECT v.id_card, count(*) FROM person p LEFT JOIN visit v USING (id_card) GROUP BY v.id_card", "QUERY_GROUP_BY_OWNER"],
    ["SELECT count(*) FROM (SELECT id_card, cost, count(*) FROM visit GROUP BY id_card, hospital)", "rejected"],
    [
      "SELECT count(*) FROM (SELECT id_card, hospital || icd10, count(*) FROM visit GROUP BY id_card, hospital, icd10)",
      "compiled",
    ],
    ["SELECT count(*) FROM (SELECT id_card, count(hospital ORDER BY cost) AS n FROM visit GROUP BY id_card)", "QUERY_ROW_CHOICE"],
    [
      "SELECT count(*) FROM (SELECT e.employer, count(*) AS n FROM person p LEFT JOIN (employment e JOIN employment f ON e.worker = f.worker AND e.employer = f.employer) ON e.worker = p.id_card GROUP BY p.id_card, e.employer)",
      "QUERY_GROUP_BY_OWNER",
    ],
    [
      "SELECT count(*) FROM (SELECT id_card, lag(cost, -1) OVER (PARTITION BY id_card ORDER BY cost) AS k FROM visit)",
      "QUERY_CONDITION",
    ],
    ["SELECT avg(m) FROM (SELECT id_card, max(cost) AS m FROM visit GROUP BY id_card)", "QUERY_MEASURE_SHAPE"],
    [
      "SELECT sum(n * f) FROM (SELECT id_card, count(*) AS n, sum(cost) FILTER (WHERE icd10 = 'I10') AS f FROM visit GROUP BY id_card)",
      "QUERY_MEASURE_SHAPE",
    ],
    [
      "SELECT count(*) FROM (SELECT id_card, sum(cost) AS c FROM visit GROUP BY id_card) WHERE c = 1000",
      "QUERY_MEASURE_CONDITION",
    ],
    ["SELECT count(*) FROM (SELECT id_card, sum(cost) AS c FROM visit GROUP BY id_card) WHERE c > 1001", "QUERY_OFF_GRID"],
    ["SELECT count(*) FROM (SELECT id_card, sum(cost * 2) AS c FROM visit GROUP BY id_card) WHERE c > 1000", "QUERY_OFF_GRID"],
    ["SELECT c, count(*) FROM (SELECT id_card, sum(cost) AS c FROM visit GROUP BY id_card) GROUP BY c", "QUERY_GROUP_KEY"],
    ["SELECT count(*) FROM (SELECT id_card, list(icd10) AS l FROM visit GROUP BY id_card)", "QUERY_AGGREGATE_REFUSED"],
    ["SELECT count(*) FROM (SELECT id_card, max(id_card) AS l FROM visit GROUP BY id_card, hospital)", "QUERY_IDENTIFIER_USE"],
    ["SELECT count(*) FROM (SELECT id_card, sum(DISTINCT cost) AS l FROM visit GROUP BY id_card)", "QUERY_AGGREGATE_REFUSED"],
    ["SELECT count(*) FROM (SELECT id_card, avg(cost + 1) AS l FROM visit GROUP BY id_card)", "QUERY_AGGREGATE_REFUSED"],
    ["SELECT count(*) FROM (SELECT id_card, count(*) AS n FROM visit GROUP BY id_card LIMIT 5)", "QUERY_ROW_CHOICE"],
    ["SELECT count(*) FROM (SELECT id_card, row_number() OVER (ORDER BY cost) AS k FROM visit) WHERE k = 1", "QUERY_ROW_CHOICE"],
    [
      "SELECT count(*) FROM (SELECT id_card, row_number() OVER (PARTITION BY hospital ORDER BY cost) AS k FROM visit)",
      "QUERY_ROW_CHOICE",
    ],
    [
      "SELECT count(*) FROM (SELECT worker, row_number() OVER (PARTITION BY worker ORDER BY level) AS k FROM employment)",
      "QUERY_ROW_CHOICE",
    ],
    [
      "SELECT count(*) FROM (SELECT v.id_card, row_number() OVER (PARTITION BY v.id_card ORDER BY v.visit_date) AS k FROM person p LEFT JOIN visit v USING (id_card))",
      "QUERY_ROW_CHOICE",
    ],
    [
      "SELECT count(*) FROM (SELECT id_card, percent_rank() OVER (PARTITION BY id_card ORDER BY cost) AS k FROM visit)",
      "QUERY_AGGREGATE_REFUSED",
    ],
    [
      "SELECT count(*) FROM (SELECT id_card, lag(cost, 1, 7) OVER (PARTITION BY id_card ORDER BY cost) AS k FROM visit)",
      "QUERY_AGGREGATE_REFUSED",
    ],
    [
      "SELECT count(*) FROM (SELECT id_card, sum(cost * cost) OVER (PARTITION BY id_card) AS k FROM visit)",
      "QUERY_AGGREGATE_REFUSED",
    ],
    [
      "SELECT avg(k) FROM (SELECT id_card, row_number() OVER (PARTITION BY id_card ORDER BY cost) AS k FROM visit)",
      "QUERY_MEASURE_SHAPE",
    ],
    ["SELECT count(*) FROM person p LEFT JOIN visit v ON v.cost > p.income", "QUERY_JOIN_NOT_BY_OWNER"],
    [
      "SELECT count(*) FROM person p LEFT JOIN visit v ON p.district = v.hospital WHERE p.id_card = v.id_card",
      "QUERY_JOIN_NOT_BY_OWNER",
    ],
  ] as const) {
    const answer = await codeOf(sql);
    t.ok(answer.startsWith(code), `${code}: ${sql} → ${answer}`);
  }
  t.match(await refusalOf("SELECT worker, sum(wage) FROM employment GROUP BY worker"), { instead: /key of the enterprise/ });
});
