import { DuckDBInstance } from "@duckdb/node-api";
import t from "tap";
import { show } from "../../policy/query/duckdb-harness.ts";
import { sampleSchema } from "../../policy/query/sample-schema.ts";

t.test("no value in the tables can make an accepted statement fail", async (t) => {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  t.teardown(() => connection.closeSync());
  await connection.run(`
    CREATE TABLE person AS SELECT i::BIGINT AS id_card, CASE WHEN i = 0 THEN '5877642-01-01'::DATE WHEN i = 1 THEN 'infinity'::DATE ELSE DATE '1980-01-01' END AS birth_date,
      'M' AS gender, 'A' AS district, CASE WHEN i = 0 THEN 1e308 WHEN i = 1 THEN 'NaN'::DOUBLE ELSE -1e308 END AS income, 1 AS __rk_id_card FROM range(40) r(i);
    CREATE TABLE enterprise AS SELECT i::BIGINT AS uscc, 'x' AS industry, 'B' AS district, 1.0 AS tax,
      CASE WHEN i % 2 = 0 THEN 9223372036854775807 ELSE -9223372036854775807 - 1 END::BIGINT AS employees, 1 AS __rk_uscc FROM range(40) r(i);`);
  for (const sql of [
    "SELECT date_trunc('month', birth_date) AS m, count(*) FROM person GROUP BY m",
    "SELECT count(*) FROM person WHERE date_diff('day', birth_date, DATE '2025-01-01') > 3",
    "SELECT sum(date_diff('day', birth_date, DATE '2025-01-01')), avg(year(birth_date)) FROM person",
    "SELECT count(*) FROM person WHERE birth_date::TIMESTAMP < TIMESTAMP '2000-01-01'",
    "SELECT sum(income), sum(income * income), avg(income * 3 - 1) FROM person",
    "SELECT floor(income / 10000) * 10000 AS b, count(*) FROM person GROUP BY b",
    "SELECT sum(employees), sum(employees * employees), avg(employees) FROM enterprise",
    "SELECT (employees // 10) * 10 AS b, count(*) FROM enterprise GROUP BY b",
    "SELECT (floor(employees / 10) * 10)::INTEGER AS b, count(*) FROM enterprise GROUP BY b",
  ]) {
    await t.resolves(show(sql, sampleSchema, connection), sql);
  }
});
