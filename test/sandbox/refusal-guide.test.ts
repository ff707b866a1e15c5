import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import t from "tap";
import { exampleSchema, platformFloor, refusalGuide, type WrittenParameters } from "../../src/policy/index.ts";
import { compileStatement } from "../../src/sandbox/compile-statement.ts";
import { startEngine } from "../engine/engine-fixture.ts";
import { runPlan } from "../policy/query/duckdb-harness.ts";

/** Four hundred people of four districts with two visits each, who work for forty enterprises. */
async function openExamples(): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run(`
    CREATE TABLE person AS SELECT i AS id_card, DATE '1950-01-01' + CAST(i * 47 % 20000 AS INTEGER) AS birth_date,
      CASE WHEN i % 2 = 0 THEN 'M' ELSE 'F' END AS gender, 'D' || (i // 2 % 4) AS district, 10000e0 + (i * 7919) % 90000 AS income
      FROM range(400) r(i);
    CREATE TABLE visit AS SELECT p AS id_card, 'H' || (p % 3) AS hospital, CASE WHEN v = 0 THEN 'I10' ELSE 'J45' END AS icd10,
      DATE '2024-01-01' + CAST(p % 300 AS INTEGER) AS visit_date, 100e0 + p AS cost FROM range(400) a(p), range(2) b(v);
    CREATE TABLE employment AS SELECT i AS worker, i % 40 AS employer, 'P' || (i % 40 % 2) AS position,
      DATE '2020-03-01' + CAST(i % 40 AS INTEGER) AS since FROM range(400) r(i);
    CREATE TABLE region AS SELECT 'D' || i AS district, i < 2 AS north FROM range(4) r(i);
  `);
  return connection;
}

/** Where words stand in a text, both counted from 1; its beginning where there are no words. */
function placeOf(sql: string, words: string | undefined): { line: number; column: number } {
  const before = sql.slice(0, words === undefined ? 0 : sql.indexOf(words)).split("\n");
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}

t.test("every example fails with its code, at its place, and its fix shows something", async (t) => {
  const { engine } = await startEngine(t);
  const connection = await openExamples();
  t.teardown(() => connection.closeSync());
  const compile = (sql: string, parameters: WrittenParameters = {}) =>
    compileStatement(engine.compiler, { sql, parameters, schema: exampleSchema, rules: platformFloor });

  for (const [code, lesson] of Object.entries(refusalGuide)) {
    if ("arises" in lesson) continue;
    for (const { sql, parameters, place, fix, fixParameters } of lesson.examples) {
      t.ok(place === undefined || sql.split(place).length === 2, `${code}: the place stands once in ${sql}`);
      t.match(await compile(sql, parameters), { kind: "refused", code, at: placeOf(sql, place) }, sql);
      const fixed = await compile(fix, fixParameters);
      if (fixed.kind !== "compiled") {
        t.fail(`${code}: the fix is refused: ${fix}`, { fixed });
        continue;
      }
      const { rows } = await runPlan(fixed.plan, connection);
      t.ok(
        rows.flat().some((cell) => cell !== null),
        `${code}: the fix shows something: ${fix}`,
      );
    }
  }
});
