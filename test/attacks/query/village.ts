import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";

/** 40 people; the one in HamletT is the target, with an income like the others'. */
export async function village(): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run(`
    CREATE TABLE person AS SELECT i::BIGINT AS id_card, DATE '1980-01-01' + i::INTEGER AS birth_date,
      CASE WHEN i % 2 = 0 THEN 'M' ELSE 'F' END AS gender, CASE WHEN i = 0 THEN 'HamletT' ELSE 'Town' END AS district,
      20000.0 + 100 * i AS income, i::INTEGER AS __rk_id_card FROM range(40) r(i);
    CREATE TABLE visit AS SELECT (i % 20)::BIGINT AS id_card, 'H1' AS hospital, CASE WHEN i % 20 < 3 THEN 'B20' ELSE 'I10' END AS icd10,
      DATE '2024-01-01' + (i % 300)::INTEGER AS visit_date, 10.0 + i AS cost, i::INTEGER AS __rk_id_card FROM range(200) r(i);
    CREATE TABLE employment AS SELECT i::BIGINT AS worker, (i % 3)::BIGINT AS employer, 'clerk' AS position, NULL::VARCHAR AS note, 1 AS level, TIMESTAMP '2020-01-01' AS since, [1] AS grades, '1' AS code, 1::HUGEINT AS total,
      i < 30 AS insured, 100.0::DECIMAL(12,2) AS wage, 1.0::DECIMAL(12,2) AS bonus, 1 AS __rk_worker, 1 AS __rk_employer FROM range(30) r(i);
    CREATE TABLE enterprise AS SELECT i::BIGINT AS uscc, 'steel' AS industry, 'B' AS district,
      CASE WHEN i = 0 THEN 1e9 WHEN i = 1 THEN 'inf'::DOUBLE ELSE 1000.0 END AS tax, 10::BIGINT AS employees, 1 AS __rk_uscc FROM range(20) r(i);`);
  return connection;
}
