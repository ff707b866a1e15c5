import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import t from "tap";
import { platformFloor, type ReleaseRules } from "../../../src/policy/query/index.ts";
import { compileText, sealText } from "./duckdb-harness.ts";
import { addHidden } from "./provisioned.ts";
import { sampleSchema } from "./sample-schema.ts";

/** 20,000 people with some 120,000 visits; some groups are large, some small, one hospital has one patient with 40 visits. */
async function openMany(): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run(`
    CREATE TABLE person AS SELECT i AS id_card, DATE '1950-01-01' + CAST(i * 17 % 20000 AS INTEGER) AS birth_date,
      CASE WHEN i % 2 = 0 THEN 'M' ELSE 'F' END AS gender, 'D' || CAST(floor(sqrt(i)) AS INTEGER) % 60 AS district,
      CASE WHEN i % 25 = 0 THEN NULL WHEN i = 33 THEN 90000000e0 ELSE 10000e0 + (i * 7919) % 90000 END AS income FROM range(20000) r(i);
    CREATE TABLE visit AS SELECT p AS id_card, 'H' || (CASE WHEN p % 1000 < 3 THEN 9 ELSE (p + v * v) % 6 END) AS hospital,
      CASE WHEN (p * v) % 17 = 0 THEN 'I10' WHEN p % 900 = 1 THEN 'B20' ELSE 'J45' END AS icd10,
      DATE '2024-01-01' + CAST((p * 13 + v * 41) % 700 AS INTEGER) AS visit_date, 100e0 + (p * 31 + v * 57) % 2000 AS cost
      FROM range(20000) a(p), range(40) b(v) WHERE v < p % 12 OR (p = 1000 AND v < 40);
    CREATE TABLE employment AS SELECT i AS worker, i % 90 AS employer, 'P' || (i % 3) AS position, i % 4 AS level,
      TIMESTAMP '2020-01-01 00:00:00' AS since, TRUE AS insured, CAST(2000 + i % 500 AS DECIMAL(12,2)) AS wage FROM range(20000) r(i);
  `);
  await addHidden(connection, sampleSchema, "family", true);
  return connection;
}

interface Ran {
  readonly rows: readonly (readonly unknown[])[];
  readonly sure: number;
}

/** Runs a statement with its certificates, or as if none had been given. */
async function run(connection: DuckDBConnection, sql: string, rules: ReleaseRules, certified: boolean): Promise<Ran> {
  const outcome = await compileText(sql, sampleSchema, rules);
  if (outcome.kind !== "draft") throw new Error(JSON.stringify(outcome));
  const plan = await sealText(outcome.draft);
  let sure = 0;
  for (const step of plan.steps) {
    const text = step.replace("CREATE TEMP TABLE", "CREATE OR REPLACE TEMP TABLE");
    await connection.run(certified ? text : text.replace(' AS "sure"', ' AND FALSE AS "sure"'));
    if (!certified || !step.includes('"__judged"')) continue;
    const upto = step.slice(step.indexOf("WITH "), step.indexOf(', "__rows" AS ('));
    const counted = await connection.runAndReadAll(`${upto} SELECT count(*) FROM "__judged" WHERE "sure"`);
    sure += Number(counted.getRows()[0]?.[0]);
  }
  const reader = await connection.runAndReadAll(plan.resultSql);
  return { rows: reader.getRowsJson(), sure };
}

const close = (a: unknown, b: unknown): boolean =>
  a === b || Math.abs(Number(a) - Number(b)) <= 1e-9 * Math.max(Math.abs(Number(a)), Math.abs(Number(b)));

t.test("a certificate changes neither a verdict nor a figure", async (t) => {
  const connection = await openMany();
  const statements = [
    "SELECT hospital, count(*), sum(cost), avg(cost) FROM visit GROUP BY hospital",
    "SELECT hospital, icd10, count(*), avg(cost) FROM visit GROUP BY ALL",
    "SELECT count(*), count(*) FILTER (WHERE icd10 = 'B20'), count(*) FILTER (WHERE hospital = 'H9') FROM visit",
    "SELECT district, count(*), count(income), avg(income) FROM person GROUP BY district",
    "SELECT gender, count(DISTINCT id_card), sum(income) FROM person GROUP BY gender",
    "SELECT gender, count(*) FILTER (WHERE district = 'D7'), count(*) FILTER (WHERE district <> 'D7') FROM person GROUP BY gender",
    "SELECT p.district, v.icd10, count(*), sum(v.cost), sum(p.income) FROM visit v JOIN person p USING (id_card) GROUP BY ALL",
    "SELECT icd10, var_samp(cost) FROM visit WHERE hospital <> 'H9' GROUP BY icd10",
    "SELECT position, count(*), sum(wage) FROM employment GROUP BY position",
    "SELECT employer_size, count(*) FROM (SELECT level AS employer_size FROM employment) GROUP BY employer_size",
    "SELECT sum(CASE WHEN hospital = 'H1' THEN cost WHEN icd10 = 'I10' THEN 2 * cost ELSE 0 END), count(*) FROM visit",
    "SELECT avg(n) FROM (SELECT id_card, count(*) AS n FROM visit GROUP BY id_card)",
    "SELECT year(visit_date), month(visit_date), count(*) FROM visit WHERE icd10 IN ('I10', 'J45') GROUP BY ALL HAVING count(*) > 100",
  ];
  let certified = 0;
  for (const mode of ["exact", "cell-key"] as const) {
    for (const sql of statements) {
      const [fast, slow] = [
        await run(connection, sql, { ...platformFloor, mode }, true),
        await run(connection, sql, { ...platformFloor, mode }, false),
      ];
      certified += fast.sure;
      const [a, b] = [fast, slow].map(({ rows }) =>
        rows.map((row) => row.map(String)).sort((x, y) => (String(x) < String(y) ? -1 : 1)),
      );
      t.equal(a?.length, b?.length, `${mode}: ${sql}`);
      t.ok(
        a?.every((row, i) => row.every((value, j) => close(value, b?.[i]?.[j]) || value === b?.[i]?.[j])),
        `${mode}: ${sql}`,
      );
    }
  }
  t.ok(certified > 100, `${certified} cells were certified`);

  t.test("what provisioning did not note certifies nothing", async (t) => {
    await connection.run("DELETE FROM __profile");
    const ran = await run(connection, statements[0] ?? "", platformFloor, true);
    t.equal(ran.sure, 0);
    t.ok(ran.rows.length > 0);
  });

  t.test("values below zero, infinite and missing numbers certify no sum", async (t) => {
    for (const value of ["-1e0", "'Infinity'::DOUBLE", "'NaN'::DOUBLE"]) {
      await connection.run(`UPDATE visit SET cost = ${value} WHERE id_card = 5000`);
      await addHidden(connection, sampleSchema, "family", true);
      const sql = "SELECT icd10, sum(cost) FROM visit GROUP BY icd10";
      t.equal((await run(connection, sql, platformFloor, true)).sure, 0, value);
    }
  });
});

t.test("rows that an outer join leaves without an owner certify nobody", async (t) => {
  const connection = await openMany();
  t.teardown(() => connection.closeSync());
  // 20,000 firms of which 90 have workers: the others stand beside no worker at all.
  await connection.run(
    `CREATE TABLE enterprise AS SELECT i AS uscc, 'steel' AS industry, 'B' AS district, 1000e0 AS tax, 10 AS employees FROM range(20000) r(i)`,
  );
  await addHidden(connection, sampleSchema, "family", true);
  const sql = "SELECT m.position, count(*) FROM enterprise e LEFT JOIN employment m ON m.employer = e.uscc GROUP BY m.position";
  for (const certified of [true, false]) {
    const { rows } = await run(connection, sql, platformFloor, certified);
    t.same(
      rows.map(([position]) => position),
      ["P0", "P1", "P2"],
      `firms without a worker are not shown, ${certified ? "with" : "without"} certificates`,
    );
  }
});
