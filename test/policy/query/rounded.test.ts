import t from "tap";
import { show } from "./duckdb-harness.ts";
import { openPeople } from "./people-database.ts";
import { codeOf } from "./refusals.ts";
import { sampleSchema } from "./sample-schema.ts";

const connection = await openPeople();
t.teardown(() => connection.closeSync());
const rowsOf = async (sql: string) => (await show(sql, sampleSchema, connection)).rows;
const plainRows = async (sql: string) => (await connection.runAndReadAll(sql)).getRowsJson();

t.test("a released or public value that meets a measure is rounded to its grid", async (t) => {
  // The mean is 54,687.50.
  for (const [sql, same] of [
    ["SELECT count(*) FROM person WHERE income > (SELECT avg(income) FROM person)", "income > 50000"],
    ["SELECT count(*) FROM person WHERE (SELECT avg(income) FROM person) >= income", "income <= 50000"],
    ["WITH a AS (SELECT avg(income) AS m FROM person) SELECT count(*) FROM person, a WHERE income < m", "income < 50000"],
    ["SELECT count(*) FROM person WHERE income > (SELECT max(area) FROM region)", "income > 0"],
    ["SELECT count(*) FROM person WHERE income BETWEEN (SELECT 24999) AND (SELECT 55000)", "income BETWEEN 20000 AND 60000"],
    [
      "SELECT count(*) FROM person JOIN (VALUES ('D1', 36000)) v(district, low) USING (district) WHERE income >= low",
      "district = 'D1' AND income >= 40000",
    ],
  ] as const)
    t.same(await rowsOf(sql), await plainRows(`SELECT count(*) FROM person WHERE ${same}`), sql);
  t.same(
    await rowsOf("SELECT count(*) FROM (SELECT id_card, sum(cost) AS s FROM visit GROUP BY id_card) WHERE s > (SELECT 2300)"),
    await plainRows("SELECT count(*) FROM (SELECT id_card, sum(cost) AS s FROM visit GROUP BY id_card) WHERE s > 2500"),
  );
});

t.test("values that differ by less than the grid ask the same, so none is moved past one person", async (t) => {
  const answers = new Set<string>();
  for (const value of ["50000", "50001", "49999.5", "54999", "45000.01", "CAST(50000 AS DECIMAL(18,4))"])
    answers.add(JSON.stringify(await rowsOf(`SELECT count(*) FROM person WHERE income >= (SELECT ${value})`)));
  t.equal(answers.size, 1);
});

t.test("values that are no numbers fail for nobody", async (t) => {
  for (const value of ["NULL::DOUBLE", "'inf'::DOUBLE", "'NaN'::DOUBLE", "1.7e308", "-1.7e308"])
    t.ok((await rowsOf(`SELECT count(*) FROM person WHERE income >= (SELECT ${value}) OR gender = 'M'`)).length > 0, value);
});

t.test("an equality, a measure without a grid and what is computed on the spot stay refused", async (t) => {
  for (const sql of [
    "SELECT count(*) FROM person WHERE income = (SELECT 50000)",
    "SELECT count(*) FROM person WHERE income IN (SELECT 50000)",
    "SELECT count(*) FROM employment WHERE bonus > (SELECT 100)",
    "SELECT count(*) FROM person WHERE income > 2 * (SELECT 20000)",
    "SELECT count(*) FROM person WHERE income > multiply(fdiv(add((SELECT 12345), 5000.0), 10000.0), 10000.0)",
    "SELECT count(*) FROM person WHERE income > multiply(fdiv(add(CAST((SELECT 12345) AS DOUBLE), 5000.0), 10000.0), 10.0)",
    "SELECT count(*) FROM person WHERE income > multiply(year(birth_date), 10000)",
    "SELECT count(*) FROM (SELECT id_card, sum(cost * 0 + 7) AS s FROM visit GROUP BY id_card) WHERE s > (SELECT 2300)",
    "SELECT count(*) FROM (SELECT p.income, r.low, row_number() OVER (PARTITION BY p.id_card) AS k FROM person p JOIN (VALUES ('D1', 12345)) r(district, low) USING (district)) WHERE income > low",
  ])
    t.equal(await codeOf(sql), "QUERY_MEASURE_CONDITION", sql);
});
