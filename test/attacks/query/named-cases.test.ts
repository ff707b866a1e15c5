import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import t from "tap";
import { compileText, runPlan, sealText } from "../../policy/query/duckdb-harness.ts";
import { addHidden } from "../../policy/query/provisioned.ts";
import { sampleSchema } from "../../policy/query/sample-schema.ts";

/**
 * Ways to find out about one person that get past a threshold on contributors. Each is asked twice: once while the target
 * has one secret, once while another. The answers must not differ.
 */
interface Secret {
  readonly income: number;
  readonly icd10: string;
  readonly born: string;
}
const secrets: readonly [Secret, Secret] = [
  { income: 41_250, icd10: "I10", born: "1980-01-05" },
  { income: 88_000, icd10: "B20", born: "1981-07-09" },
];

/** 40 people in two districts, of whom the target alone lives in HamletT; 60 visits; 30 jobs in twelve firms. */
async function world({ income, icd10, born }: Secret): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run(`
    CREATE TABLE person AS SELECT i AS id_card, CASE WHEN i = 0 THEN DATE '${born}' ELSE DATE '1970-01-01' + CAST(i * 90 AS INTEGER) END AS birth_date,
      CASE WHEN i % 2 = 0 THEN 'M' ELSE 'F' END AS gender, CASE WHEN i = 0 THEN 'HamletT' ELSE 'Town' END AS district,
      CASE WHEN i = 0 THEN ${income}e0 ELSE 20000e0 + 1000 * i END AS income FROM range(40) r(i);
    CREATE TABLE visit AS SELECT i % 40 AS id_card, 'H1' AS hospital, CASE WHEN i = 0 THEN '${icd10}' WHEN i % 3 = 0 THEN 'J45' ELSE 'I10' END AS icd10,
      DATE '2024-01-01' + CAST(i AS INTEGER) AS visit_date, 100e0 + i AS cost FROM range(60) r(i) WHERE i <> 40;
    CREATE TABLE employment AS SELECT i AS worker, i % 12 AS employer, 'clerk' AS position, 1 AS level, TIMESTAMP '2020-01-01' AS since,
      TRUE AS insured, CASE WHEN i = 0 THEN ${income}::DECIMAL(12,2) ELSE 3000::DECIMAL(12,2) END AS wage FROM range(30) r(i);
    CREATE TABLE enterprise AS SELECT i AS uscc, 'steel' AS industry, 'B' AS district, CASE WHEN i = 0 THEN ${income}e3 ELSE 1000e0 END AS tax,
      10 AS employees FROM range(12) r(i);
    CREATE TABLE region AS SELECT 'HamletT' AS district, TRUE AS north, 1e0 AS area UNION ALL SELECT 'Town', FALSE, 2e0;
  `);
  await addHidden(connection, sampleSchema);
  return connection;
}

const target = "district = 'HamletT'";
const isIll = "id_card IN (SELECT id_card FROM visit WHERE icd10 = 'B20')";

/** The names of issue 4, each with what an attacker would write. */
const cases: Readonly<Record<string, readonly string[]>> = {
  "one income under everybody's constant": [
    `SELECT sum(CASE WHEN ${target} THEN income ELSE 1000 END) FROM person`,
    `SELECT avg(CASE WHEN ${target} THEN income ELSE 0 END), count(*) FROM person`,
  ],
  "ranks over others' data": [
    "SELECT district, min(r) FROM (SELECT district, rank() OVER (ORDER BY income) AS r FROM person) GROUP BY district",
    `SELECT sum(r) FROM (SELECT district, row_number() OVER (ORDER BY income) AS r FROM person) WHERE ${target}`,
    "SELECT count(*) FROM (SELECT id_card, percent_rank() OVER (ORDER BY income) AS r FROM person) WHERE r > 0.5",
  ],
  "EXCEPT of one person": [
    `SELECT count(*), sum(income) FROM (SELECT id_card, income FROM person EXCEPT SELECT id_card, income FROM person WHERE ${target})`,
    `SELECT count(*) FROM (SELECT id_card FROM person INTERSECT SELECT id_card FROM visit WHERE icd10 = 'B20')`,
  ],
  "NOT IN with a NULL": [
    `SELECT count(*) FROM person WHERE id_card NOT IN (SELECT CASE WHEN icd10 = 'B20' THEN NULL ELSE id_card END FROM visit)`,
    "SELECT count(*) FROM person WHERE id_card NOT IN (SELECT nullif(id_card, 0) FROM visit WHERE icd10 = 'B20')",
    "SELECT count(*) FROM region WHERE district NOT IN (SELECT nullif(district, 'HamletT') FROM person WHERE income > 50000)",
  ],
  "rows made by a condition": [
    `SELECT count(*) FROM (SELECT *, ${isIll} AS ill FROM person) p LEFT JOIN range(1000) r(i) ON p.ill`,
    `SELECT count(*) FROM person p LEFT JOIN range(1000) r(i) ON p.district = 'HamletT' AND p.income >= 50000`,
    `SELECT count(*) FROM person p, LATERAL (SELECT * FROM range(CASE WHEN p.income >= 50000 THEN 1000 ELSE 1 END)) r`,
  ],
  "an inner aggregate used in a filter": [
    "SELECT count(*) FROM region WHERE (SELECT sum(income) FROM person WHERE district = 'HamletT') > 50000",
    "SELECT count(*) FROM visit WHERE cost > (SELECT max(income) FROM person WHERE district = 'HamletT') / 1000",
    "SELECT count(*) FROM region r WHERE EXISTS (SELECT 1 FROM person p WHERE p.district = r.district AND p.income >= 50000)",
    "SELECT gender, count(*) FROM person GROUP BY gender HAVING max(CASE WHEN district = 'HamletT' THEN income END) > 50000",
  ],
  "shaped factors": [
    `SELECT sum(income * power(2, CASE WHEN ${target} THEN 40 ELSE 0 END)) FROM person`,
    "SELECT sum(greatest(income, 5000000)) FROM person",
    "SELECT sum(least(income, 41250)) FROM person",
    `SELECT sum(year(birth_date + CASE WHEN ${target} THEN INTERVAL 1000 YEAR ELSE INTERVAL 0 YEAR END)) FROM person`,
    "SELECT sum(1 / (1 + exp(-(income - 50000)))) FROM person",
    "SELECT sum(1 / (1 + exp(-1000 * (income - 87000)))) - sum(1 / (1 + exp(-1000 * (income - 89000)))) FROM person",
    `SELECT ${Array.from({ length: 10 }, (_unused, at) => `sum(power(income, ${at + 1}))`).join(", ")} FROM person`,
    "SELECT sum(income * income * income) FROM person",
    "SELECT sum(income % 1000) FROM person",
  ],
  "quantiles steered by a disjunct": [
    `SELECT median(income) FROM person WHERE ${target} OR income >= 90000`,
    `SELECT quantile_disc(income, 0.5) FILTER (WHERE ${target} OR income < 30000) FROM person`,
    `SELECT median(CASE WHEN ${target} THEN income ELSE 0 END) FROM person`,
  ],
  "how many codes there are, with one person's among them": [
    "SELECT count(DISTINCT icd10) FROM visit",
    "SELECT count(DISTINCT CASE WHEN icd10 = 'B20' THEN icd10 END) FROM visit",
    "SELECT hospital, count(DISTINCT icd10) FROM visit GROUP BY hospital",
    "SELECT count(DISTINCT birth_date) FROM person",
  ],
  "literals in the owner column of a union": [
    `SELECT count(DISTINCT k) FROM (SELECT id_card AS k FROM person WHERE ${target} AND income >= 50000 UNION ALL SELECT i::VARCHAR FROM range(20) r(i))`,
    `SELECT sum(x) FROM (SELECT id_card AS k, income AS x FROM person WHERE ${target} UNION ALL SELECT '1', 0 UNION ALL SELECT '2', 0)`,
    `SELECT sum(x) FROM (SELECT id_card AS k, income AS x FROM person WHERE ${target} UNION ALL SELECT 'a' || i, 0 FROM range(30) r(i))`,
  ],
  "public padding against dominance": [
    "SELECT sum(x) FROM (SELECT tax AS x FROM enterprise UNION ALL SELECT 1e9 FROM range(30))",
    "SELECT sum(x) FROM (SELECT uscc AS k, tax AS x FROM enterprise UNION ALL SELECT i::VARCHAR, 1e7 FROM range(30) r(i))",
    "SELECT sum(tax) FROM enterprise FULL JOIN range(30) r(i) ON employees = i",
  ],
  "constants off the grid": [
    "SELECT count(*) FROM person WHERE income >= 41251",
    "SELECT count(*) FROM person WHERE income BETWEEN 41250 AND 41250",
    "SELECT count(*) FILTER (WHERE income < 41250.5) FROM person",
    "SELECT floor(income / 41250) * 41250 AS b, count(*) FROM person GROUP BY b",
    "SELECT count(*) FROM person WHERE income > 20000 + 21250",
  ],
};

/** What is shown while the target has this secret; refused statements say the same whoever is asked about. */
async function shown(connection: DuckDBConnection, sql: string): Promise<string> {
  const outcome = await compileText(sql, sampleSchema);
  if (outcome.kind === "refused") return `refused: ${outcome.refusal.code}`;
  if (outcome.kind === "rejected") return "rejected";
  const { rows } = await runPlan(await sealText(outcome.draft), connection);
  return JSON.stringify(rows);
}

t.test("the worlds differ where nothing is governed", async (t) => {
  const [one, other] = [await world(secrets[0]), await world(secrets[1])];
  t.teardown(() => {
    one.closeSync();
    other.closeSync();
  });
  for (const sql of [
    `SELECT sum(CASE WHEN ${target} THEN income ELSE 1000 END) FROM person`,
    "SELECT count(DISTINCT icd10) FROM visit",
    "SELECT sum(greatest(income, 50000)) FROM person",
  ]) {
    const [a, b] = [await one.runAndReadAll(sql), await other.runAndReadAll(sql)];
    t.not(JSON.stringify(a.getRowsJson()), JSON.stringify(b.getRowsJson()), sql);
  }
});

for (const [name, statements] of Object.entries(cases)) {
  t.test(`${name}: whatever the target is, the answer is the same`, async (t) => {
    const worlds = await Promise.all(secrets.map(world));
    t.teardown(() => {
      for (const connection of worlds) connection.closeSync();
    });
    for (const sql of statements) {
      const answers: string[] = [];
      for (const connection of worlds) answers.push(await shown(connection, sql));
      t.equal(answers[0], answers[1], sql);
      t.not(answers[0], "rejected", `the engine itself takes it: ${sql}`);
    }
  });
}
