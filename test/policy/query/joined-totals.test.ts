import t from "tap";
import { agreesWith } from "./agrees.ts";
import { show } from "./duckdb-harness.ts";
import { openPeople } from "./people-database.ts";
import { codeOf, refusalOf } from "./refusals.ts";
import { sampleSchema } from "./sample-schema.ts";

const connection = await openPeople();
t.teardown(() => connection.closeSync());
const agrees = agreesWith(connection);

const n = "(SELECT count(*) FROM visit v WHERE v.id_card = p.id_card)";
const of = (hospital: string): string =>
  `(SELECT id_card, count(*) AS n FROM visit WHERE hospital = '${hospital}' GROUP BY id_card)`;

t.test("an aggregate tied by owner keys is a total of that owner", async (t) => {
  for (const sql of [
    `SELECT count(*) FROM person p WHERE ${n} > 3`,
    `SELECT avg(${n}), sum(${n}) FROM person p`,
    `SELECT ${n} AS n, count(*) FROM person p GROUP BY n`,
    `SELECT ${n}, count(*) FROM person p GROUP BY ${n}`,
    `SELECT ${n} + 1 AS n, count(*) FROM person p GROUP BY n`,
    `SELECT CASE WHEN ${n} = 0 THEN 'none' WHEN ${n} < 4 THEN 'few' ELSE 'many' END AS b, count(*) FROM person p GROUP BY b`,
    "SELECT avg((SELECT sum(cost) FROM visit v WHERE v.id_card = p.id_card)) FROM person p",
    "SELECT p.gender, sum((SELECT sum(cost) FROM visit v WHERE v.id_card = p.id_card AND v.hospital = 'H1')) FROM person p GROUP BY p.gender",
    "SELECT count(*) FROM person p WHERE (SELECT sum(cost) FROM visit v WHERE v.id_card = p.id_card) >= 3000",
    "SELECT count(*) FROM person p WHERE (SELECT max(visit_date) FROM visit v WHERE v.id_card = p.id_card) >= DATE '2025-01-01'",
    "SELECT count(*) FROM person p WHERE (SELECT count(*) FROM visit v WHERE v.id_card = p.id_card HAVING count(*) > 2) IS NULL",
    "SELECT count(*) FROM person p WHERE (SELECT count(*) FROM visit v WHERE v.id_card = p.id_card GROUP BY v.id_card) IS NULL",
    "SELECT count(*) FROM person p WHERE (SELECT count(*) > 2 AND sum(cost) >= 1000 FROM visit v WHERE v.id_card = p.id_card)",
    "SELECT count(*) FILTER (WHERE (SELECT count(*) > year(p.birth_date) - 1970 FROM visit v WHERE v.id_card = p.id_card)), avg(income) FILTER (WHERE (SELECT count(*) > year(p.birth_date) - 1970 FROM visit v WHERE v.id_card = p.id_card)) FROM person p",
    "SELECT count(*) FROM employment e WHERE (SELECT count(*) FROM employment f WHERE f.worker = e.worker AND f.employer = e.employer) = 1",
    `SELECT n, count(*) FROM (SELECT p.id_card, ${n} AS n, (SELECT count(*) FROM visit v WHERE v.id_card = p.id_card AND v.hospital = 'H1') AS m FROM person p) WHERE m < n GROUP BY n HAVING count(*) > 20`,
    "SELECT avg(x) FROM (SELECT (SELECT sum(s) FROM (SELECT v.id_card, v.hospital, sum(v.cost) AS s FROM visit v GROUP BY ALL) u WHERE u.id_card = p.id_card) AS x FROM person p)",
  ])
    await agrees(t, sql);
});

t.test("LATERAL joins tied by owner keys", async (t) => {
  for (const sql of [
    "SELECT avg(t.cost) FROM person p, LATERAL (SELECT * FROM visit v WHERE v.id_card = p.id_card AND v.hospital = 'H1') t",
    "SELECT avg(t.cost), count(*) FROM person p LEFT JOIN LATERAL (SELECT * FROM visit v WHERE v.id_card = p.id_card AND v.hospital = 'H1') t ON true",
    "SELECT t.n, count(*) FROM person p CROSS JOIN LATERAL (SELECT count(*) AS n, sum(cost) AS s FROM visit v WHERE v.id_card = p.id_card) t GROUP BY t.n",
    "SELECT count(*) FROM person p JOIN LATERAL (SELECT count(*) AS n, sum(cost) AS s FROM visit v WHERE v.id_card = p.id_card) t ON t.n > 2 AND t.s < 4000",
    "SELECT avg(t.n) FROM person p LEFT JOIN LATERAL (SELECT count(*) AS n FROM visit v WHERE v.id_card = p.id_card) t ON true",
  ])
    await agrees(t, sql);
});

t.test("full joins by owner keys keep both sides' rows", async (t) => {
  for (const sql of [
    "SELECT count(*), count(v.id_card), sum(v.cost), sum(p.income) FROM person p FULL JOIN visit v ON v.id_card = p.id_card",
    "SELECT count(*), count(p.id_card), count(v.id_card) FROM (SELECT * FROM person WHERE gender = 'M') p FULL JOIN (SELECT * FROM visit WHERE hospital = 'H1') v ON v.id_card = p.id_card",
    "SELECT count(DISTINCT id_card), count(*) FROM (SELECT * FROM person WHERE gender = 'M') p FULL JOIN (SELECT * FROM visit WHERE hospital = 'H1') v USING (id_card)",
    "SELECT n, count(*) FROM (SELECT coalesce(a.id_card, b.id_card) AS id, count(*) AS n FROM (SELECT * FROM visit WHERE hospital = 'H1') a FULL JOIN (SELECT * FROM visit WHERE hospital = 'H2') b ON a.id_card = b.id_card GROUP BY id) GROUP BY n HAVING count(*) > 20",
    `SELECT a.id_card IS NULL AS x, b.id_card IS NOT NULL AS y, count(*) FROM ${of("H1")} a FULL JOIN ${of("H2")} b ON a.id_card = b.id_card GROUP BY ALL`,
    `SELECT a.n IS NULL AS x, b.n IS NULL AS y, count(*) FROM ${of("H1")} a FULL JOIN ${of("H2")} b USING (id_card) GROUP BY ALL`,
    `SELECT sum(coalesce(a.n, 0) - coalesce(b.n, 0)) FROM ${of("H1")} a FULL JOIN ${of("H2")} b USING (id_card)`,
    `SELECT count(*), sum(a.n), sum(b.n), sum(c.n) FROM ${of("H1")} a FULL JOIN ${of("H2")} b USING (id_card) FULL JOIN ${of("H3")} c USING (id_card)`,
    `SELECT p.gender, count(*), sum(u.x) FROM person p JOIN (SELECT coalesce(a.id_card, b.id_card) AS id, a.n AS x FROM ${of("H1")} a FULL JOIN ${of("H2")} b ON a.id_card = b.id_card) u ON u.id = p.id_card GROUP BY 1`,
    "SELECT gender, one, count(*) FROM person p FULL JOIN (SELECT id_card, 1 AS one FROM visit WHERE hospital = 'H1') v USING (id_card) GROUP BY ALL",
    "SELECT count(*) FROM person p FULL JOIN visit v ON v.id_card = p.id_card AND v.hospital = 'H1'",
    "SELECT gender, count(*), count(DISTINCT employer) FROM (SELECT worker, employer, insured FROM employment) e FULL JOIN person p ON e.worker = p.id_card GROUP BY 1",
    "SELECT count(*) FROM person p WHERE id_card IN (SELECT id_card FROM (SELECT id_card FROM visit WHERE hospital = 'H2') a FULL JOIN (SELECT id_card FROM visit WHERE hospital = 'H1') b USING (id_card))",
    "SELECT count(*) FROM (person p JOIN visit v USING (id_card)) FULL JOIN (SELECT id_card FROM visit WHERE hospital = 'H2') w USING (id_card)",
  ])
    await agrees(t, sql);
});

t.test("what an outer join leaves out is NULL, whatever it was computed of", async (t) => {
  for (const sql of [
    "SELECT count(one), count(*) FROM person p LEFT JOIN (SELECT id_card, 1 AS one FROM visit) v USING (id_card)",
    "SELECT count(one), count(*) FROM (SELECT id_card, 1 AS one FROM visit) v RIGHT JOIN person p USING (id_card)",
    "SELECT count(c), sum(c) FROM person p LEFT JOIN (SELECT id_card, coalesce(cost, 0) AS c FROM visit) v USING (id_card)",
    ...["year(visit_date)", "NOT (hospital = 'H1')", "CAST(cost * 2 AS DOUBLE)", "hospital IS NOT DISTINCT FROM 'H1'"].map(
      (made) => `SELECT count(c), count(*) FROM person p LEFT JOIN (SELECT id_card, ${made} AS c FROM visit) v USING (id_card)`,
    ),
    "SELECT count(k), count(DISTINCT k), count(*) FROM (SELECT v.id_card AS k, row_number() OVER (PARTITION BY p.id_card) AS r FROM person p LEFT JOIN visit v USING (id_card)) WHERE r = 1",
    "SELECT k, count(*) FROM (SELECT v.id_card IS NULL AS k, row_number() OVER (PARTITION BY p.id_card) AS r FROM person p LEFT JOIN visit v USING (id_card)) WHERE r = 1 GROUP BY k",
    "SELECT k, r, count(*) FROM (SELECT hospital IS NULL AS k, id_card IS NULL AS j, row_number() OVER (PARTITION BY id_card) AS r FROM visit) WHERE r < 3 GROUP BY ALL",
    "SELECT one, count(*) FROM (SELECT id_card, 1 AS one FROM person) p LEFT JOIN visit v USING (id_card) GROUP BY one",
  ])
    await agrees(t, sql);
});

t.test("a correlated aggregate that no owner ties is a release, from which each row takes its own", async (t) => {
  for (const sql of [
    "SELECT count(*) FROM person p WHERE (SELECT count(*) FROM person q WHERE q.district = p.district) > 10",
    "SELECT n, count(*) FROM (SELECT p.id_card, (SELECT count(*) FROM visit v WHERE v.hospital = w.hospital AND w.icd10 = v.icd10) AS n FROM person p JOIN visit w USING (id_card)) GROUP BY n",
    "SELECT count(*) FROM person p WHERE (SELECT count(*) FROM visit v WHERE v.icd10 = p.district HAVING count(*) > 5) IS NULL",
    "SELECT count(*) FROM person p JOIN (SELECT DISTINCT district AS d FROM region) r ON r.d = p.district WHERE (SELECT count(*) FROM person q WHERE q.district = r.d) > 10",
  ])
    await agrees(t, sql);
  const { rows } = await show(
    "SELECT count(*) FROM person p WHERE p.income > (SELECT avg(q.income) FROM person q WHERE q.district = p.district)",
    sampleSchema,
    connection,
  );
  const [plain] = (
    await connection.runAndReadAll(
      "SELECT count(*) FROM person JOIN (SELECT district, round(avg(income) / 10000) * 10000 AS m FROM person GROUP BY 1) USING (district) WHERE income > m",
    )
  ).getRowsJson();
  t.same(rows, [plain], "each mean on the grid of the measure");
  for (const [sql, code] of [
    [
      "SELECT count(*) FROM person p WHERE EXISTS (SELECT count(*) FROM person q WHERE q.district = p.district)",
      "QUERY_SUBQUERY",
    ],
    ["SELECT count(*) FROM person p WHERE (SELECT count(*) FROM person q WHERE q.district > p.district) > 1", "QUERY_SUBQUERY"],
    [
      "SELECT count(*) FROM person p WHERE (SELECT count(*) FROM person q WHERE q.district = p.district AND q.gender <> p.gender) > 1",
      "QUERY_SUBQUERY",
    ],
    [
      "SELECT count(*) FROM person p WHERE (SELECT count(*) FROM (SELECT q.id_card, q.district FROM person q WHERE q.gender = p.gender QUALIFY row_number() OVER (PARTITION BY q.id_card) = 1) q WHERE q.district = p.district) > 1",
      "QUERY_SUBQUERY",
    ],
    [
      "SELECT count(*) FROM person p WHERE (SELECT count(*) FROM person q WHERE q.district = p.district LIMIT 1) > 1",
      "QUERY_SUBQUERY",
    ],
    ["SELECT district FROM region r WHERE (SELECT count(*) FROM person q WHERE q.district = r.district) > 1", "QUERY_SUBQUERY"],
    [
      "SELECT count(*) FROM person p WHERE (SELECT avg(q.income) FROM person q WHERE q.income = p.income) >= 10000",
      "QUERY_GROUP_KEY",
    ],
  ] as const)
    t.equal(await codeOf(sql), code, sql);
});

t.test("a subquery of which one owner is tied and one is not is a join", async (t) => {
  for (const sql of [
    "SELECT count(*) FROM person WHERE id_card IN (SELECT worker FROM employment)",
    "SELECT count(*) FROM person p WHERE EXISTS (SELECT 1 FROM employment e WHERE e.worker = p.id_card)",
  ])
    t.match(await refusalOf(sql), {
      code: "QUERY_SUBQUERY",
      instead:
        "Join the table instead (p JOIN t ON t.id = p.id) and count with count(DISTINCT p.id): the rules then hold for the enterprise too.",
    });
  await agrees(t, "SELECT count(DISTINCT p.id_card) FROM person p JOIN employment e ON e.worker = p.id_card");
});

t.test("one row of constants stands beside every row", async (t) => {
  for (const sql of [
    "SELECT gender, x, count(*) FROM person, (VALUES (1, 'a')) d(x, y) WHERE y = 'a' GROUP BY ALL",
    "SELECT count(*) FROM person CROSS JOIN (SELECT 7 AS x) d WHERE x = 7",
  ])
    await agrees(t, sql);
});

t.test("whole numbers of 64 bits are compared with whole numbers", async (t) => {
  for (const sql of [
    "SELECT count(*) FROM person WHERE year(birth_date) < 2868770270353813622 AND year(birth_date) > -2868770270353813622",
    "SELECT count(*) FROM person WHERE year(birth_date) NOT IN (2868770270353813622, 1)",
  ])
    await agrees(t, sql);
  for (const [sql, code] of [
    ["SELECT count(*) FROM person WHERE income > 2868770270353813622", "QUERY_MEASURE_CONDITION"],
    ["SELECT count(*) FROM person WHERE year(birth_date) < 9999999999999999999999", "QUERY_CONDITION"],
    ["SELECT count(*) FROM person WHERE floor(income / 10000) = 2868770270353813622", "QUERY_CONDITION"],
    ["SELECT count(*) FROM person WHERE floor(income / 10000) IN (2868770270353813622)", "QUERY_CONDITION"],
    ["SELECT count(*) FROM person WHERE year(birth_date) < -gender", "rejected"],
  ] as const)
    t.ok((await codeOf(sql)).startsWith(code), sql);
});

t.test("what every branch of an OR asks ties tables as if it stood before it", async (t) => {
  for (const sql of [
    "SELECT count(*) FROM person p JOIN visit v ON (p.id_card = v.id_card AND v.hospital = 'H1' AND p.gender = 'M') OR (p.id_card = v.id_card AND v.hospital = 'H2')",
    "SELECT count(*) FROM person p, visit v WHERE (p.id_card = v.id_card AND v.hospital = 'H1') OR (v.hospital = 'H2' AND p.id_card = v.id_card)",
    "SELECT count(*) FROM person p, visit v WHERE (p.id_card = v.id_card AND v.hospital = 'H1') OR (p.id_card = v.id_card)",
    "SELECT count(*) FROM person p JOIN (SELECT DISTINCT district FROM region) r USING (district) WHERE r.district LIKE '%1'",
  ])
    await agrees(t, sql);
});

t.test("totals of owners stand beside the owner's row or nowhere", async (t) => {
  const total = "SELECT count(*) AS n FROM visit v WHERE v.id_card = p.id_card";
  for (const [sql, code] of [
    [`SELECT count(*) FROM person p WHERE EXISTS (${total})`, "QUERY_SUBQUERY"],
    [`SELECT count(*) FROM person p WHERE 3 IN (${total})`, "QUERY_SUBQUERY"],
    [`SELECT count(*) FROM person p WHERE EXISTS (SELECT 1 FROM (${total}) t WHERE t.n > 1)`, "QUERY_SUBQUERY"],
    [`SELECT count(*) FROM person p WHERE (SELECT t.n FROM (${total}) t) > 1`, "QUERY_SUBQUERY"],
    [`SELECT count(*) FROM person p WHERE (${total} UNION ALL ${total}) > 1`, "QUERY_SUBQUERY"],
    [
      `SELECT count(*) FROM person p WHERE EXISTS (SELECT 1 FROM (${total}) t, visit w WHERE w.id_card = p.id_card)`,
      "QUERY_SUBQUERY",
    ],
    [`SELECT count(*) FROM person p JOIN visit w ON w.id_card = p.id_card AND (${total}) > 1`, "QUERY_SUBQUERY"],
    [`SELECT count(*) FROM person p LEFT JOIN LATERAL (${total}) t ON t.n > 2`, "QUERY_JOIN_KIND"],
    ["SELECT count(*) FROM person p WHERE (SELECT v.cost FROM visit v WHERE v.id_card = p.id_card) >= 500", "QUERY_SUBQUERY"],
    ["SELECT count(*) FROM person p WHERE (SELECT count(*) FROM visit v) > 1", "compiled"],
    [
      "SELECT count(*) FROM person p WHERE (SELECT count(*) FROM visit v WHERE v.id_card = p.id_card GROUP BY v.hospital) > 1",
      "QUERY_SUBQUERY",
    ],
    [
      "SELECT count(*) FROM person p WHERE (SELECT count(*) FROM visit v WHERE v.id_card = p.id_card GROUP BY v.id_card, v.hospital) > 1",
      "QUERY_SUBQUERY",
    ],
    ["SELECT count(*) FROM person p WHERE (SELECT count(*) FROM employment e WHERE e.worker = p.id_card) > 1", "QUERY_SUBQUERY"],
    [
      "SELECT count(*) FROM person p WHERE (SELECT v.cost FROM visit v JOIN visit w USING (id_card) WHERE v.id_card = p.id_card) >= 500",
      "QUERY_SUBQUERY",
    ],
    [
      `SELECT count(*) FROM ${of("H1")} a FULL JOIN ${of("H2")} b USING (id_card) WHERE EXISTS (SELECT 1 FROM visit w WHERE w.id_card = coalesce(a.id_card, b.id_card))`,
      "QUERY",
    ],
    [
      `SELECT count(*) FROM (${of("H1")} a FULL JOIN ${of("H2")} b USING (id_card)) JOIN (${of("H3")} c FULL JOIN ${of("H1")} d USING (id_card)) USING (id_card) GROUP BY coalesce(a.id_card, c.id_card)`,
      "QUERY_IDENTIFIER_USE",
    ],
    [
      "SELECT count(*) FROM (SELECT v.id_card AS k, row_number() OVER (PARTITION BY p.id_card) AS r FROM person p LEFT JOIN visit v USING (id_card)) GROUP BY coalesce(k, k)",
      "QUERY_IDENTIFIER_USE",
    ],
    ["SELECT count(*) FROM person p FULL JOIN visit v ON v.hospital = p.district", "QUERY_JOIN_NOT_BY_OWNER"],
    ["SELECT count(*) FROM person p FULL JOIN (VALUES ('D0', 1)) d(district, z) USING (district)", "QUERY_JOIN_KIND"],
    [
      "SELECT count(*) FROM person p FULL JOIN visit v USING (id_card) GROUP BY coalesce(v.id_card, v.hospital)",
      "QUERY_IDENTIFIER_USE",
    ],
    [
      "SELECT count(*) FROM person p FULL JOIN visit v USING (id_card) GROUP BY coalesce(v.id_card, v.id_card)",
      "QUERY_IDENTIFIER_USE",
    ],
    ["SELECT count(*) FROM employment e WHERE (CASE WHEN e.insured THEN e.worker END) IS NULL", "QUERY_IDENTIFIER_USE"],
  ] as const) {
    const answer = await codeOf(sql);
    t.ok(answer.startsWith(code), `${code}: ${sql} → ${answer}`);
  }
});
