import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";

/**
 * A thousand people, some 4,000 visits, employments with two owners: as provisioning leaves them, with every group large
 * enough that a governed figure must equal the plain engine's. One in fifty has no visit at all.
 */
export async function openPeople(): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run(`
    CREATE TABLE person AS SELECT i AS id_card, DATE '1950-01-01' + CAST(i * 17 % 20000 AS INTEGER) AS birth_date,
      CASE WHEN i % 2 = 0 THEN 'M' ELSE 'F' END AS gender, 'D' || (i % 5) AS district,
      CASE WHEN i % 25 = 0 THEN NULL ELSE 10000e0 + (i * 7919) % 90000 END AS income
      FROM range(1000) r(i);
    CREATE TABLE visit AS SELECT p AS id_card, 'H' || ((p + v) % 4) AS hospital, CASE WHEN (p + v * 3) % 3 = 0 THEN 'I10' ELSE 'J45' END AS icd10,
      DATE '2024-01-01' + CAST((p * 13 + v * 41) % 700 AS INTEGER) AS visit_date, 100e0 + (p * 31 + v * 57) % 2000 AS cost
      FROM range(1000) a(p), range(8) b(v) WHERE v < p % 9 AND p % 50 <> 7;
    CREATE TABLE employment AS SELECT i AS worker, i % 40 AS employer, 'P' || (i % 3) AS position, i % 4 AS level,
      TIMESTAMP '2020-01-01 00:00:00' AS since, i % 2 = 0 AS insured, CAST(2000 + i % 500 AS DECIMAL(12,2)) AS wage
      FROM range(1000) r(i);
    CREATE TABLE enterprise AS SELECT i AS uscc, 'I' || (i % 3) AS industry, 'D' || (i % 5) AS district, 10000e0 + i * 1000 AS tax,
      10 + i % 200 AS employees FROM range(400) r(i);
    CREATE TABLE region AS SELECT 'D' || i AS district, i < 2 AS north, 10e0 * (i + 1) AS area FROM range(5) r(i);
  `);
  return connection;
}
