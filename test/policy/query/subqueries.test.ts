import t from "tap";
import { agreesWith } from "./agrees.ts";
import { show } from "./duckdb-harness.ts";
import { openPeople } from "./people-database.ts";
import { codeOf, refusalOf } from "./refusals.ts";
import { sampleSchema } from "./sample-schema.ts";

const connection = await openPeople();
t.teardown(() => connection.closeSync());
const agrees = agreesWith(connection);

t.test("a subquery tied by owner keys asks an attribute of the owner", async (t) => {
  for (const sql of [
    "SELECT p.district, count(*), count(*) FILTER (WHERE EXISTS (SELECT 1 FROM visit v WHERE v.id_card = p.id_card AND v.cost >= 1500)) FROM person p GROUP BY p.district",
    "SELECT count(*) FROM person p WHERE NOT EXISTS (SELECT 1 FROM visit v WHERE v.id_card = p.id_card AND v.hospital = 'H1')",
    "SELECT count(*) FROM person WHERE id_card IN (SELECT id_card FROM visit WHERE icd10 = 'I10')",
    "SELECT count(*) FROM person WHERE id_card NOT IN (SELECT id_card FROM visit WHERE icd10 = 'I10')",
    "SELECT count(*) FROM person p WHERE EXISTS (SELECT 1 FROM visit v WHERE v.id_card = p.id_card GROUP BY v.id_card HAVING count(*) > 3)",
    "SELECT EXISTS (SELECT 1 FROM visit v WHERE v.id_card = p.id_card AND v.cost > 1000) AS dear, count(*) FROM person p GROUP BY dear",
    "SELECT sum(CAST(EXISTS (SELECT 1 FROM visit v WHERE v.id_card = p.id_card AND v.hospital = 'H2') AS INTEGER)), avg(income) FROM person p",
    "SELECT count(*) FROM visit v WHERE v.icd10 = ANY (SELECT w.icd10 FROM visit w WHERE w.id_card = v.id_card AND w.hospital = 'H3')",
    "WITH q AS (SELECT * FROM person p WHERE EXISTS (SELECT 1 FROM visit v WHERE v.id_card = p.id_card AND v.cost >= 500)) SELECT count(*) FROM q a JOIN q b USING (id_card)",
    "SELECT count(*) FROM (SELECT id_card, count(*) AS n FROM visit GROUP BY id_card) u WHERE EXISTS (SELECT 1 FROM person p WHERE p.id_card = u.id_card AND p.gender = 'M')",
    "SELECT count(*) FROM (SELECT p.id_card, count(*) AS n FROM person p JOIN visit w USING (id_card) GROUP BY p.id_card HAVING EXISTS (SELECT 1 FROM visit v WHERE v.id_card = p.id_card AND v.icd10 = 'J45'))",
    "SELECT k, count(*) FROM (SELECT p.id_card, EXISTS (SELECT 1 FROM visit v WHERE v.id_card = p.id_card AND v.icd10 = 'J45') AS had, row_number() OVER (PARTITION BY p.id_card ORDER BY p.district) AS k FROM person p) WHERE had GROUP BY k",
    "SELECT count(*) FROM person p WHERE EXISTS (SELECT 1 FROM visit v WHERE v.id_card = p.id_card AND EXISTS (SELECT 1 FROM visit w WHERE w.id_card = v.id_card AND w.cost > v.cost))",
    "SELECT count(*) FILTER (WHERE EXISTS (SELECT 1 FROM visit v, visit w WHERE p.id_card = v.id_card AND v.id_card = w.id_card AND v.hospital = 'H1' AND w.hospital = 'H2')) FROM person p",
    "SELECT count(*) FILTER (WHERE EXISTS (SELECT 1 FROM visit v LEFT JOIN visit w ON w.id_card = v.id_card AND w.hospital = 'H3' WHERE p.id_card = v.id_card AND w.hospital IS NULL)) FROM person p",
    "SELECT count(*) FILTER (WHERE EXISTS (SELECT p.gender, row_number() OVER (PARTITION BY v.id_card ORDER BY v.cost) AS k FROM visit v WHERE v.id_card = p.id_card QUALIFY k = 3)) FROM person p",
    "SELECT count(*) FILTER (WHERE EXISTS (SELECT 1 FROM visit v JOIN (VALUES ('H1', TRUE), ('H2', FALSE)) d(h, f) ON v.hospital = d.h WHERE v.id_card = p.id_card AND NOT d.f)) FROM person p",
    "SELECT count(*) FROM person p WHERE EXISTS (WITH a AS (SELECT * FROM visit v WHERE v.id_card = p.id_card) SELECT 1 FROM a WHERE cost > 1000)",
    "SELECT count(*) FROM (SELECT p.id_card, EXISTS (SELECT 1 FROM visit v WHERE v.id_card = p.id_card AND EXISTS (SELECT 1 FROM visit w WHERE w.id_card = p.id_card AND w.cost > v.cost)) AS e, row_number() OVER (PARTITION BY p.id_card) AS k FROM person p) WHERE e AND k = 1",
    "WITH q AS (SELECT * FROM person p WHERE EXISTS (SELECT 1 FROM visit v WHERE v.id_card = p.id_card AND v.hospital IN (SELECT 'H1'))) SELECT count(*) FROM q a JOIN q b USING (id_card)",
    "SELECT p.gender, count(*) FROM person p SEMI JOIN visit v ON v.id_card = p.id_card AND v.hospital = 'H1' GROUP BY p.gender",
    "SELECT count(*) FROM person ANTI JOIN (SELECT * FROM visit WHERE icd10 = 'I10') v USING (id_card)",
    "SELECT p.district, count(*) FROM person p NATURAL JOIN (SELECT id_card, count(*) AS n FROM visit GROUP BY id_card) u GROUP BY p.district",
    "SELECT count(*) FROM employment e WHERE EXISTS (SELECT 1 FROM employment f WHERE f.worker = e.worker AND f.employer = e.employer AND f.insured)",
  ])
    await agrees(t, sql);
});

t.test("free values may be asked beside protected ones, where none of these is cast", async (t) => {
  for (const sql of [
    "SELECT count(*) FROM person WHERE district IN (SELECT district FROM region WHERE north)",
    "SELECT count(*) FROM person WHERE district NOT IN (SELECT district FROM region WHERE north)",
    "SELECT count(*) FROM person WHERE district = (SELECT max(district)::VARCHAR FROM region)",
    "SELECT gender, count(*) FROM person WHERE EXISTS (SELECT 1 FROM region) GROUP BY gender",
    "SELECT count(*), (SELECT count(*) FROM region) FROM person",
    "SELECT gender, count(*) FROM person GROUP BY gender HAVING count(*) > (SELECT 1)",
    "SELECT count(*) FROM person p JOIN visit v ON p.id_card = v.id_card AND EXISTS (SELECT 1)",
    "SELECT count(*) FROM person WHERE gender IN (SELECT gender FROM (SELECT gender, count(*) AS n FROM person GROUP BY gender) WHERE n > 20)",
    "SELECT count(*) FROM person WHERE (SELECT true)",
  ])
    await agrees(t, sql);
});

t.test("free rows add columns to protected rows and never multiply them", async (t) => {
  for (const sql of [
    "SELECT d.zone, count(*), avg(p.income) FROM person p JOIN (VALUES ('D0', 'north'), ('D1', 'north'), ('D2', 'south')) d(district, zone) ON p.district = d.district GROUP BY d.zone",
    "SELECT d.zone, count(*) FROM person p LEFT JOIN (VALUES ('D0', 'north'), ('D1', 'south')) d(district, zone) USING (district) GROUP BY d.zone",
    "WITH pop AS (SELECT district, count(*) AS n FROM person GROUP BY district) SELECT pop.n, avg(income) FROM person JOIN pop USING (district) GROUP BY pop.n",
    "SELECT count(*) FROM person JOIN (SELECT DISTINCT district FROM region) r USING (district)",
    "WITH a AS (SELECT gender FROM person GROUP BY gender), b AS (SELECT district, count(*) AS n FROM person GROUP BY district) SELECT count(*) FROM person JOIN b USING (district)",
    "SELECT north, count(*) FROM person JOIN (SELECT district, bool_or(north) AS north FROM region GROUP BY district) r USING (district) GROUP BY north",
    "SELECT t.n, count(*) FROM person CROSS JOIN (SELECT count(*) AS n FROM region) t GROUP BY t.n",
    "SELECT count(*) FROM person p, (VALUES (1, 'D1'), (2, 'D2')) d(x, y) WHERE p.district = d.y AND d.x = 1",
    "SELECT x, count(*) FROM visit v JOIN (VALUES (2024, true), (2025, false)) d(y, x) ON year(v.visit_date) = d.y GROUP BY x",
    "SELECT k, f, count(*) FROM (SELECT v.*, d.f, row_number() OVER (PARTITION BY id_card ORDER BY visit_date, cost) AS k FROM visit v JOIN (VALUES ('I10', true), ('J45', false)) d(c, f) ON v.icd10 = d.c) WHERE k < 3 GROUP BY ALL",
    "SELECT f, avg(n) FROM (SELECT id_card, d.f, count(*) AS n FROM visit v JOIN (VALUES ('I10', true), ('J45', false)) d(c, f) ON v.icd10 = d.c GROUP BY id_card, d.f) GROUP BY f",
    "WITH a AS (SELECT p.*, d.z FROM person p JOIN (VALUES ('D0', 1), ('D1', 2)) d(district, z) USING (district)) SELECT x.z, count(*) FROM a x JOIN a y USING (id_card) GROUP BY x.z",
  ])
    await agrees(t, sql);
});

t.test("a condition that all of a shown whole meet is not told through a subquery or a joined column either", async (t) => {
  for (const [sql, at] of [
    [
      "SELECT count(*), count(*) FILTER (WHERE EXISTS (SELECT 1 FROM employment e WHERE e.worker = p.id_card AND e.employer = e.employer)) FROM person p",
      1,
    ],
    [
      "SELECT count(*), count(*) FILTER (WHERE d.f) FROM employment v JOIN (VALUES ('P0', true), ('P1', true), ('P2', true)) d(c, f) ON v.position = d.c",
      1,
    ],
  ] as const) {
    const outcome = await refusalOf(sql);
    if (typeof outcome !== "string") continue;
    t.equal((await show(sql, sampleSchema, connection)).rows[0]?.[at], null, sql);
  }
});

t.test("a subquery that fails, fails whether or not a protected row comes to it", async (t) => {
  for (const someone of ["D0", "nowhere"]) {
    const sql = `SELECT count(*) FROM person WHERE district = '${someone}' AND gender = (SELECT max(error('no'))::VARCHAR FROM region)`;
    t.match(await codeOf(sql), /FUNCTION_NOT_LISTED/);
    const failing = `SELECT count(*) FROM person WHERE district = '${someone}' AND year(birth_date) IN (SELECT CAST(district AS INTEGER) FROM region)`;
    await t.rejects(show(failing, sampleSchema, connection), /Conversion Error/, someone);
  }
});

t.test("a subquery over protected rows is tied to the owner around it or stands for itself", async (t) => {
  for (const [sql, code] of [
    ["SELECT count(*) FROM person p WHERE EXISTS (SELECT 1 FROM visit v WHERE v.hospital = 'H1')", "QUERY_SUBQUERY"],
    [
      "SELECT count(*) FROM person p WHERE EXISTS (SELECT 1 FROM visit v WHERE v.id_card = p.id_card OR v.cost > 500)",
      "QUERY_SUBQUERY",
    ],
    ["SELECT count(*) FROM person p WHERE EXISTS (SELECT 1 FROM employment e WHERE e.worker = p.id_card)", "QUERY_SUBQUERY"],
    [
      "SELECT count(*) FROM person p WHERE EXISTS (SELECT 1 FROM visit v, visit w WHERE v.id_card = p.id_card)",
      "QUERY_JOIN_NOT_BY_OWNER",
    ],
    ["SELECT count(*) FROM person p WHERE p.district IN (SELECT q.district FROM person q)", "QUERY_SUBQUERY"],
    ["SELECT count(*) FROM person p WHERE (SELECT v.cost FROM visit v WHERE v.id_card = p.id_card) > 500", "QUERY_SUBQUERY"],
    ["SELECT count(*) FROM person p WHERE p.id_card IN (SELECT v.id_card, v.cost FROM visit v)", "rejected"],
    ["SELECT count(*) FROM person p WHERE (p.id_card, 1) IN (SELECT v.id_card, 1 FROM visit v)", "QUERY"],
    [
      "SELECT count(*) FROM person p WHERE EXISTS (SELECT 1 FROM visit v WHERE v.id_card = p.id_card AND v.cost = 7)",
      "QUERY_MEASURE_CONDITION",
    ],
    ["SELECT count(*) FROM person p WHERE EXISTS (SELECT 1 FROM region WHERE area > p.income)", "QUERY_SUBQUERY"],
    [
      "SELECT count(*) FROM person p WHERE EXISTS (SELECT 1 FROM (SELECT count(*) AS n FROM region) t WHERE t.n > p.income)",
      "QUERY_SUBQUERY",
    ],
    ["SELECT district FROM region WHERE district IN (SELECT district FROM person)", "QUERY_SUBQUERY"],
    ["SELECT * FROM region WHERE (SELECT count(*) FROM person WHERE district = region.district) > 3", "QUERY"],
    ["SELECT * FROM region WHERE (SELECT count(*) FROM person WHERE region.north IS NOT NULL) > 3", "QUERY_SUBQUERY"],
    [
      "SELECT district FROM person p GROUP BY district HAVING EXISTS (SELECT 1 FROM visit v WHERE v.id_card = p.id_card)",
      "rejected",
    ],
    [
      "SELECT count(*) FROM person p WHERE EXISTS (SELECT 1 FROM (SELECT w.id_card, w.hospital FROM visit w WHERE w.hospital = p.district QUALIFY row_number() OVER (PARTITION BY w.id_card) = 1) v WHERE v.id_card = p.id_card)",
      "QUERY_SUBQUERY",
    ],
    [
      "SELECT * FROM region r WHERE EXISTS (WITH a AS (SELECT r.district AS d) SELECT 1 FROM a JOIN person p ON p.district = a.d)",
      "QUERY",
    ],
    ["SELECT count(*) FROM person WHERE birth_date IN (SELECT district FROM region)", "rejected"],
    ["SELECT count(*) FROM person WHERE year(birth_date) IN (SELECT area FROM region)", "compiled"],
    ["SELECT count(*) FROM person WHERE district IN (SELECT north FROM region)", "rejected"],
    ["SELECT count(*) FROM person WHERE district IN (SELECT district || 'x' FROM region)", "QUERY_CONDITION_TYPES"],
    ["SELECT count(*) FROM person WHERE income = (SELECT avg(area) FROM region)", "QUERY_MEASURE_CONDITION"],
    ["SELECT count(*) FROM (SELECT count(*) AS n FROM region) t LEFT JOIN person p ON p.district = 'D0'", "QUERY_JOIN_KIND"],
    ["SELECT count(*) FROM person SEMI JOIN region USING (district)", "QUERY_JOIN_KIND"],
    ["SELECT count(*) FROM region SEMI JOIN person USING (district)", "QUERY_JOIN_KIND"],
    ["SELECT count(*) FROM person p SEMI JOIN visit v ON v.cost > 500", "QUERY_SUBQUERY"],
    [
      "SELECT count(*) FROM person p ASOF JOIN visit v ON v.id_card = p.id_card AND v.visit_date >= p.birth_date",
      "QUERY_JOIN_KIND",
    ],
    ["SELECT sum((SELECT 1)) FROM person", "QUERY_CONDITION"],
    ["SELECT count(*) FROM person WHERE district = (SELECT district FROM region)", "QUERY_SUBQUERY"],
    ["SELECT count(*) FROM person WHERE (SELECT v.cost FROM visit v WHERE v.id_card = '1') IS NULL", "QUERY_SUBQUERY"],
    ["SELECT count(*) FROM person p JOIN (VALUES ('D0', 1), ('D0', 2)) d(district, z) USING (district)", "QUERY_JOIN_KIND"],
    [
      "SELECT count(*) FROM person p JOIN (VALUES (1.0, 'a'), (1.00, 'b')) d(x, z) ON year(p.birth_date) = d.x",
      "QUERY_JOIN_KIND",
    ],
    ["SELECT count(*) FROM person p JOIN (VALUES ('D0', 1), (NULL, 2)) d(district, z) USING (district)", "QUERY_JOIN_KIND"],
    [
      "SELECT count(*) FROM (SELECT p.*, floor(income / 10000) AS b FROM person p) p JOIN (VALUES (9007199254740992), (9007199254740993)) d(x) ON p.b = d.x",
      "QUERY_JOIN_KIND",
    ],
    ["SELECT count(*) FROM person p JOIN region r USING (district)", "QUERY_JOIN_KIND"],
    [
      "SELECT count(*) FROM person p JOIN (SELECT district || 'x' AS y FROM region GROUP BY 1) r ON p.district = r.y",
      "QUERY_JOIN_KIND",
    ],
    ["SELECT count(*) FROM person p JOIN (VALUES (1), (2)) d(x) ON p.income = d.x", "QUERY_JOIN_KIND"],
    ["SELECT count(*) FROM person p JOIN (VALUES ('a'), ('b')) d(x) ON p.id_card = d.x", "QUERY_IDENTIFIER_USE"],
    ["SELECT count(*) FROM person p, (VALUES (1), (2)) d(x)", "QUERY_JOIN_KIND"],
    ["SELECT count(*) FROM person p JOIN (VALUES ('D0'), ('D1')) d(x) ON p.district >= d.x", "QUERY_JOIN_KIND"],
    ["SELECT count(*) FROM person p JOIN (VALUES ('D0'), ('D1')) d(x) ON d.x = d.x", "QUERY_JOIN_KIND"],
    [
      "SELECT d.x, count(*) FROM (VALUES ('D0'), ('D1')) d(x) LEFT JOIN person p ON p.district = d.x GROUP BY 1",
      "QUERY_JOIN_KIND",
    ],
    [
      "SELECT sum(p.income * d.z) FROM person p JOIN (VALUES ('D0', 1), ('D1', 2)) d(district, z) USING (district)",
      "QUERY_MEASURE_SHAPE",
    ],
    [
      "SELECT count(*) FROM person p JOIN (VALUES ('D0', 1), ('D1', 2)) d(district, z) USING (district) WHERE p.income = d.z",
      "QUERY_MEASURE_CONDITION",
    ],
    ["SELECT count(*) FROM person p FULL JOIN (VALUES ('D0', 1)) d(district, z) USING (district)", "QUERY_JOIN_KIND"],
  ] as const) {
    const answer = await codeOf(sql);
    t.ok(answer.startsWith(code), `${code}: ${sql} → ${answer}`);
  }
});
