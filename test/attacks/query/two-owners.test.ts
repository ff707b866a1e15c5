import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import t from "tap";
import { platformFloor } from "../../../src/policy/query/index.ts";
import { show } from "../../policy/query/duckdb-harness.ts";
import { addHidden } from "../../policy/query/provisioned.ts";
import { sampleSchema } from "../../policy/query/sample-schema.ts";

/** One firm of twelve, fifteen firms of one. */
async function openFirms(): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run(`
    CREATE TABLE employment AS SELECT i AS worker, CASE WHEN i < 12 THEN 0 ELSE i END AS employer, 'clerk' AS position, 1 AS level,
      TIMESTAMP '2020-01-01' AS since, TRUE AS insured, 100::DECIMAL(12,2) AS wage FROM range(27) r(i);
    CREATE TABLE enterprise AS SELECT i AS uscc, 'steel' AS industry, 'B' AS district, 1000e0 AS tax, 10 AS employees FROM range(30) r(i);
  `);
  await addHidden(connection, sampleSchema);
  return connection;
}

t.test("how many rows one firm has beyond its first is withheld, whoever else is in the row", async (t) => {
  const connection = await openFirms();
  t.teardown(() => connection.closeSync());
  // What all rows are more than all firms is the first firm's, less one.
  const pair = "count(*), count(DISTINCT employer)";
  const { rows: together } = await show(`SELECT ${pair} FROM employment`, sampleSchema, connection);
  t.same(together, [["27", null]], "beside the number of rows, the number of firms is withheld");
  const { rows: turned } = await show("SELECT count(DISTINCT employer), count(*) FROM employment", sampleSchema, connection);
  t.same(turned, [["16", null]], "the other way round, the number of rows");
  for (const from of [
    "employment m JOIN enterprise e ON m.employer = e.uscc",
    "enterprise e JOIN employment m ON m.employer = e.uscc",
  ]) {
    const { rows } = await show(`SELECT count(*), count(DISTINCT m.employer) FROM ${from}`, sampleSchema, connection);
    t.same(rows, [["27", null]], `whichever table comes first: ${from}`);
  }
  const { rows: people } = await show("SELECT count(*), count(DISTINCT worker) FROM employment", sampleSchema, connection);
  t.same(people, [["27", "27"]], "of people nobody has a second row, and that no number tells of any firm");
});

t.test("noise hides a whole firm, and is the same from whichever side a join is written", async (t) => {
  const connection = await openFirms();
  t.teardown(() => connection.closeSync());
  const rules = { ...platformFloor, mode: "cell-key" } as const;
  const sides = [
    "employment m JOIN enterprise e ON m.employer = e.uscc",
    "enterprise e JOIN employment m ON m.employer = e.uscc",
  ];
  const moved: number[] = [];
  for (const secret of Array.from({ length: 8 }, (_unused, at) => `secret ${at}`)) {
    await addHidden(connection, sampleSchema, secret);
    const shown: unknown[] = [];
    for (const from of sides)
      shown.push((await show(`SELECT count(*), sum(m.wage) FROM ${from}`, sampleSchema, connection, rules)).rows);
    t.same(shown[0], shown[1], secret);
    const { rows } = await show("SELECT count(*) FROM employment", sampleSchema, connection, rules);
    for (const [count] of rows) if (count !== null) moved.push(Math.abs(Number(count) - 27));
  }
  t.ok(Math.max(...moved) >= 12, `moved by the greatest firm, not by workers: ${moved}`);
});
