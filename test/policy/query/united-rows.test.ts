import t from "tap";
import type { AgreementSchema } from "../../../src/policy/query/index.ts";
import { agreesWith } from "./agrees.ts";
import { compileText } from "./duckdb-harness.ts";
import { openPeople } from "./people-database.ts";
import { codeOf, refusalOf } from "./refusals.ts";
import { sampleSchema } from "./sample-schema.ts";

const connection = await openPeople();
t.teardown(() => connection.closeSync());
const agrees = agreesWith(connection);

t.test("UNION ALL of rows of the same owners stays rows of these owners", async (t) => {
  for (const sql of [
    "SELECT gender, count(*) FROM (SELECT id_card, gender FROM person UNION ALL SELECT id_card, gender FROM person) GROUP BY gender",
    "SELECT gender, count(*) FROM (SELECT gender FROM person UNION ALL SELECT gender FROM person) GROUP BY gender",
    "SELECT g, count(*), count(DISTINCT id_card) FROM (SELECT id_card, gender AS g FROM person UNION ALL SELECT id_card, hospital FROM visit) GROUP BY g",
    "SELECT s, count(*), sum(x), avg(x), stddev(x) FROM (SELECT id_card, 'p' AS s, income AS x FROM person UNION ALL SELECT id_card, 'v', cost FROM visit WHERE hospital = 'H1') GROUP BY s",
    "SELECT sum(x), count(*) FROM (SELECT id_card, income AS x FROM person UNION ALL SELECT id_card, cost FROM visit)",
    "SELECT avg(t) FROM (SELECT id_card, sum(x) AS t FROM (SELECT id_card, income AS x FROM person UNION ALL SELECT id_card, cost FROM visit) GROUP BY id_card)",
    "SELECT t, count(*) FROM (SELECT id_card, floor(sum(x) / 10000) * 10000 AS t FROM (SELECT id_card, income AS x FROM person UNION ALL SELECT id_card, cost FROM visit) GROUP BY id_card) GROUP BY t HAVING count(*) > 20",
    "SELECT sum(a), sum(b) FROM (SELECT id_card, 1 AS a, 0 AS b FROM person UNION ALL SELECT id_card, 0, 1 FROM visit)",
    "SELECT sum(x), sum(y) FROM (SELECT id_card, income AS x, NULL AS y FROM person UNION ALL SELECT id_card, NULL, cost FROM visit)",
    "SELECT sum(x) FROM (SELECT id_card, income AS x FROM person UNION ALL SELECT id_card, -cost FROM visit)",
    "SELECT sum(x) FROM (SELECT id_card, CASE WHEN gender = 'M' THEN income END AS x FROM person UNION ALL SELECT id_card, CASE WHEN hospital = 'H1' THEN cost ELSE 7 END FROM visit)",
    "SELECT sum(x) FROM (SELECT id_card, income * income AS x FROM person UNION ALL SELECT id_card, sqrt(cost) FROM visit WHERE cost >= 0)",
    "SELECT count(*) FROM (SELECT id_card, income AS x FROM person UNION ALL SELECT id_card, 20000 FROM visit) WHERE x >= 20000",
    "SELECT sum(x * x) FROM (SELECT id_card, income AS x FROM person WHERE gender = 'M' UNION ALL SELECT id_card, cost FROM visit)",
    "SELECT y, count(*) FROM (SELECT id_card, year(birth_date) // 10 * 10 AS y FROM person UNION ALL SELECT id_card, year(visit_date) // 10 * 10 FROM visit) GROUP BY y",
    "SELECT sum(y), avg(y) FROM (SELECT id_card, year(birth_date) AS y FROM person UNION ALL SELECT id_card, year(visit_date) FROM visit)",
    "SELECT n, count(*), sum(n) FROM (SELECT id_card, count(*) AS n FROM visit GROUP BY id_card UNION ALL SELECT id_card, count(*) FROM visit WHERE hospital = 'H1' GROUP BY id_card) GROUP BY n HAVING count(*) > 30",
    "SELECT sum(n) FROM (SELECT id_card, count(*) AS n FROM visit GROUP BY id_card UNION ALL SELECT id_card, 1 FROM person)",
    "SELECT sum(x) FROM (SELECT id_card, income AS x FROM person UNION ALL SELECT id_card, count(*) FROM visit GROUP BY id_card)",
    "SELECT count(DISTINCT id_card), count(*) FROM (SELECT id_card, cost FROM visit UNION ALL BY NAME SELECT income AS cost, id_card FROM person)",
    "SELECT count(hospital), count(gender) FROM (SELECT id_card, hospital FROM visit UNION ALL BY NAME SELECT gender, id_card FROM person)",
    "SELECT position, count(*) FROM (SELECT worker, employer, position FROM employment UNION ALL SELECT worker, employer, position FROM employment WHERE level > 1) GROUP BY position",
    "SELECT position, count(*) FROM (SELECT position FROM employment UNION ALL SELECT position FROM employment WHERE level > 1) GROUP BY position",
    "SELECT sum(w) FROM (SELECT worker, employer, wage AS w FROM employment UNION ALL SELECT worker, employer, level FROM (SELECT worker, employer, count(*) AS level FROM employment GROUP BY ALL))",
    "SELECT k, count(*) FROM (SELECT *, row_number() OVER (PARTITION BY id_card ORDER BY c) AS k FROM (SELECT id_card, cost AS c FROM visit UNION ALL SELECT id_card, income FROM person)) GROUP BY k HAVING count(*) > 30",
    "WITH a AS (SELECT id_card, 'p' AS s FROM person UNION ALL SELECT id_card, 'v' FROM visit) SELECT x.s, y.s, count(*) FROM a x JOIN a y USING (id_card) GROUP BY ALL",
    "SELECT p.gender, sum(u.x), avg(u.x) FROM person p JOIN (SELECT id_card, cost AS x FROM visit WHERE hospital = 'H1' UNION ALL SELECT id_card, cost * 2 FROM visit WHERE hospital = 'H2') u USING (id_card) GROUP BY 1",
    "SELECT count(*) FROM (SELECT id_card, 1 AS one, NULL AS z FROM person UNION ALL SELECT id_card, 1, NULL FROM visit) WHERE one = 1",
    "SELECT count(*) FROM (SELECT id_card, insured FROM (SELECT worker AS id_card, employer, insured FROM employment) UNION ALL SELECT worker, true FROM employment ORDER BY 1) WHERE insured",
    "SELECT h, count(*) FROM (SELECT id_card, 0.5 AS h FROM person UNION ALL SELECT id_card, 2 FROM visit) GROUP BY h",
    "SELECT h, count(*) FROM (SELECT id_card, floor(income / 10000) AS h FROM person UNION ALL SELECT id_card, year(visit_date) FROM visit) GROUP BY h HAVING count(*) > 50",
  ])
    await agrees(t, sql);
});

t.test("columns of different types and forms are united in one that none of them overflows", async (t) => {
  for (const sql of [
    "SELECT sum(x), count(*) FROM (SELECT uscc, tax AS x FROM enterprise UNION ALL SELECT uscc, employees FROM enterprise)",
    "SELECT sum(x) FROM (SELECT p.id_card, v.cost + p.income AS x FROM person p JOIN visit v USING (id_card) UNION ALL SELECT id_card, cost FROM visit)",
    "SELECT sum(x) FROM (SELECT id_card, NULL AS x FROM person UNION ALL SELECT id_card, cost * 2 FROM visit)",
    "SELECT count(DISTINCT id_card), count(DISTINCT employer) FROM (SELECT p.id_card, e.employer FROM person p LEFT JOIN employment e ON e.worker = p.id_card UNION ALL SELECT worker, employer FROM employment)",
  ])
    await agrees(t, sql);
  const withGrid = (grid: number): AgreementSchema => ({
    tables: sampleSchema.tables.map((table) => ({
      ...table,
      columns: table.columns.map((column) => (column.name === "cost" ? { ...column, grid } : column)),
    })),
  });
  const asked =
    "SELECT count(*) FROM (SELECT id_card, income AS x FROM person UNION ALL SELECT id_card, cost FROM visit) WHERE x >= 30000";
  for (const grid of [300, 0])
    t.match(await compileText(asked, withGrid(grid)), { refusal: { code: "QUERY_OFF_GRID" } }, `a grid of ${grid}`);
});

t.test("a UNION tied in every SELECT is tied", async (t) => {
  for (const sql of [
    "SELECT count(*) FROM person p WHERE EXISTS (SELECT 1 FROM visit v WHERE v.id_card = p.id_card AND v.hospital = 'H1' UNION ALL SELECT 1 FROM visit w WHERE w.id_card = p.id_card AND w.hospital = 'H2')",
    "SELECT count(*) FROM person p WHERE id_card IN (SELECT id_card FROM visit v WHERE v.hospital = 'H1' UNION ALL SELECT id_card FROM visit w WHERE w.hospital = 'H2')",
    "SELECT count(*) FROM person p WHERE id_card NOT IN (SELECT id_card FROM visit v WHERE v.hospital = 'H1' UNION SELECT id_card FROM visit w WHERE w.hospital = 'H2')",
  ])
    await agrees(t, sql);
  for (const [sql, code] of [
    [
      "SELECT count(*) FROM person p WHERE EXISTS (SELECT 1 FROM visit v WHERE v.id_card = p.id_card UNION ALL SELECT 1 FROM visit w)",
      "QUERY_SUBQUERY",
    ],
    [
      "SELECT count(*) FROM person p, person q WHERE p.id_card = q.id_card AND EXISTS (SELECT 1 FROM visit v WHERE v.id_card = p.id_card UNION ALL SELECT 1 FROM visit w WHERE w.id_card = q.id_card)",
      "QUERY_SUBQUERY",
    ],
    [
      "SELECT count(*) FROM person p WHERE EXISTS (SELECT 1 FROM visit v WHERE v.id_card = p.id_card AND v.hospital = p.district UNION ALL SELECT 1 FROM visit w WHERE w.id_card = p.id_card)",
      "QUERY_SUBQUERY",
    ],
  ] as const)
    t.equal(await codeOf(sql), code, sql);
});

t.test("sets of rows that hold every owner's key are still the owners'", async (t) => {
  for (const sql of [
    "SELECT count(*) FROM (SELECT id_card FROM visit WHERE hospital = 'H1' UNION SELECT id_card FROM visit WHERE hospital = 'H2')",
    "SELECT count(*) FROM (SELECT id_card FROM visit WHERE hospital = 'H1' INTERSECT SELECT id_card FROM visit WHERE hospital = 'H2')",
    "SELECT count(*) FROM (SELECT id_card FROM person EXCEPT SELECT id_card FROM visit)",
    "SELECT gender, count(*) FROM person JOIN (SELECT id_card FROM visit WHERE icd10 = 'I10' EXCEPT SELECT id_card FROM visit WHERE hospital = 'H3') USING (id_card) GROUP BY gender",
    "SELECT gender, count(*) FROM (SELECT id_card, gender FROM person INTERSECT SELECT id_card, gender FROM person WHERE district <> 'D0') GROUP BY gender",
    "SELECT hospital, count(*) FROM (SELECT id_card, hospital FROM visit UNION SELECT id_card, 'none' FROM person) GROUP BY hospital",
    "SELECT hospital, count(*) FROM (SELECT id_card, hospital FROM visit UNION BY NAME SELECT 'none' AS hospital, id_card FROM person) GROUP BY hospital",
    "SELECT count(*) FROM (SELECT worker, employer FROM employment WHERE insured INTERSECT SELECT worker, employer FROM employment WHERE level = 2)",
  ])
    await agrees(t, sql);
});

t.test("sets of rows without the key are sets of released ones", async (t) => {
  for (const sql of [
    "SELECT gender FROM person UNION SELECT 'X'",
    "SELECT 'X' UNION SELECT gender FROM person",
    "SELECT gender FROM person UNION SELECT hospital FROM visit",
    "SELECT gender FROM person INTERSECT SELECT gender FROM person WHERE district = 'D1'",
    "SELECT hospital FROM visit EXCEPT SELECT hospital FROM visit WHERE hospital = 'H1' ORDER BY 1 LIMIT 2",
    "SELECT gender, count(*) FROM person GROUP BY 1 UNION ALL SELECT hospital, count(*) FROM visit GROUP BY 1",
  ])
    await agrees(t, sql);
});

t.test("what a UNION of protected rows may not do", async (t) => {
  const two = "SELECT count(*) FROM (SELECT id_card, gender FROM person UNION ALL SELECT";
  for (const [sql, code] of [
    ["SELECT count(*) FROM (SELECT id_card FROM person UNION ALL SELECT '7')", "QUERY_CLAUSE_UNSUPPORTED"],
    ["SELECT count(*) FROM (SELECT '7' AS id_card UNION SELECT id_card FROM person)", "QUERY_CLAUSE_UNSUPPORTED"],
    [`${two} '7', gender FROM person)`, "QUERY_IDENTIFIER_USE"],
    [`${two} NULL, gender FROM person)`, "QUERY_IDENTIFIER_USE"],
    [`${two} gender, id_card FROM person)`, "QUERY_IDENTIFIER_USE"],
    [`${two} uscc, industry FROM enterprise)`, "QUERY_IDENTIFIER_USE"],
    ["SELECT count(*) FROM (SELECT id_card FROM person UNION ALL BY NAME SELECT gender FROM person)", "QUERY_IDENTIFIER_USE"],
    ["SELECT count(*) FROM (SELECT gender FROM person UNION ALL SELECT industry FROM enterprise)", "QUERY_JOIN_NOT_BY_OWNER"],
    ["SELECT count(*) FROM (SELECT worker FROM employment UNION ALL SELECT id_card FROM person)", "QUERY_JOIN_NOT_BY_OWNER"],
    ["SELECT count(*) FROM (SELECT id_card FROM person UNION ALL SELECT worker FROM employment)", "QUERY_JOIN_NOT_BY_OWNER"],
    ["SELECT count(*) FROM (SELECT worker FROM employment UNION SELECT worker FROM employment)", "QUERY_GROUP_BY_OWNER"],
    ["SELECT count(*) FROM (SELECT id_card FROM person EXCEPT ALL SELECT id_card FROM visit)", "QUERY_CLAUSE_UNSUPPORTED"],
    ["SELECT count(*) FROM (SELECT id_card, income FROM person UNION SELECT id_card, cost FROM visit)", "QUERY_GROUP_KEY"],
    ["SELECT id_card FROM person UNION ALL SELECT id_card FROM visit", "QUERY_ROWS_NOT_SHOWN"],
    ["SELECT count(*) FROM (SELECT id_card FROM person UNION ALL SELECT id_card FROM visit LIMIT 5)", "QUERY_ROW_CHOICE"],
    ["SELECT count(*) FROM (SELECT id_card FROM person UNION ALL SELECT id_card FROM visit OFFSET 5)", "QUERY_ROW_CHOICE"],
    [
      "SELECT count(*) FROM (SELECT id_card, income AS x FROM person UNION ALL SELECT id_card, income IS NULL FROM person)",
      "QUERY_CONDITION_TYPES",
    ],
    [
      "SELECT count(*) FROM (SELECT e.employer AS a, f.employer AS b FROM employment e JOIN employment f USING (worker) UNION ALL SELECT e.employer, e.employer FROM employment e JOIN employment f USING (worker))",
      "QUERY_JOIN_NOT_BY_OWNER",
    ],
    [
      "SELECT count(*) FROM (SELECT e.employer AS a, f.employer AS b, e.employer AS c FROM employment e JOIN employment f USING (worker) UNION ALL SELECT e.employer, f.employer, f.employer FROM employment e JOIN employment f USING (worker))",
      "QUERY_JOIN_NOT_BY_OWNER",
    ],
    [`${two} id_card, name FROM person)`, "QUERY_IDENTIFIER_USE"],
    [
      "SELECT count(*) FROM (SELECT worker, employer, note AS x FROM employment UNION ALL SELECT worker, employer, position FROM employment)",
      "QUERY_FREE_TEXT_USE",
    ],
    [
      "SELECT count(*) FROM (SELECT worker, employer, grades AS x FROM employment UNION ALL SELECT worker, employer, grades FROM employment)",
      "QUERY_CONDITION_TYPES",
    ],
    [
      "SELECT count(*) FROM (SELECT id_card, birth_date AS d FROM person UNION ALL SELECT id_card, gender FROM person)",
      "QUERY_CONDITION_TYPES",
    ],
    [
      "SELECT count(*) FROM (SELECT id_card, true AS d FROM person UNION ALL SELECT id_card, gender FROM person)",
      "QUERY_CONDITION_TYPES",
    ],
    [
      "SELECT count(*) FROM (SELECT id_card, median(cost) AS d FROM visit GROUP BY id_card UNION ALL SELECT id_card, gender FROM person)",
      "QUERY_CONDITION_TYPES",
    ],
    [
      "SELECT sum(d) FROM (SELECT id_card, median(cost) AS d FROM visit GROUP BY id_card UNION ALL SELECT id_card, income FROM person)",
      "QUERY_MEASURE_SHAPE",
    ],
    [
      "SELECT sum(d) FROM (SELECT id_card, exp(income) AS d FROM person UNION ALL SELECT id_card, income FROM person)",
      "QUERY_MEASURE_SHAPE",
    ],
    [
      "SELECT sum(d) FROM (SELECT id_card, ln(cost) AS d FROM visit UNION ALL SELECT id_card, income FROM person)",
      "QUERY_FALLIBLE",
    ],
    [
      "SELECT count(*) FROM (SELECT v.id_card FROM person p LEFT JOIN visit v USING (id_card) UNION ALL SELECT id_card FROM person)",
      "QUERY_GROUP_BY_OWNER",
    ],
    [
      "SELECT count(*) FROM (SELECT worker, worker AS w, employer FROM employment UNION ALL SELECT worker, worker, employer FROM employment)",
      "compiled",
    ],
    ["WITH RECURSIVE a AS (SELECT id_card FROM person UNION ALL SELECT id_card FROM a) SELECT count(*) FROM a", "QUERY_CLAUSE"],
  ] as const) {
    const answer = await codeOf(sql);
    t.ok(answer.startsWith(code), `${code}: ${sql} → ${answer}`);
  }
  t.match(await refusalOf(`${two} '7', gender FROM person)`), {
    instead: "Select the owner key of the same kind, never a constant, in that place of every SELECT.",
  });
});
