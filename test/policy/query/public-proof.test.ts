import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import t from "tap";
import { fillTables } from "../../../scripts/public-proof/data.ts";
import { FolderError, readSchema, readStatements } from "../../../scripts/public-proof/folder.ts";
import { difference, prove, type Verdict } from "../../../scripts/public-proof/prove.ts";

const answer = { names: ["a"], types: ["INTEGER"], rows: [[1], [2]] };

t.test("a difference in names, types, numbers of rows, values or order is told", async (t) => {
  t.equal(difference(answer, answer, true), undefined);
  t.equal(difference({ ...answer, rows: [[2], [1]] }, answer, false), undefined);
  t.equal(difference({ ...answer, rows: [[1.0000000000001], [2]] }, answer, true), undefined, "last digits of sums");
  t.match(difference({ ...answer, rows: [[2], [1]] }, answer, true), /row 1: \[2\] instead of \[1\]/);
  t.match(difference({ ...answer, rows: [[1], [3]] }, answer, false), /row 2/);
  t.match(difference({ ...answer, rows: [[1]] }, answer, true), /1 rows instead of 2/);
  t.match(difference({ ...answer, names: ["b"] }, answer, true), /names b instead of a/);
  t.match(difference({ ...answer, types: ["BIGINT"] }, answer, true), /types BIGINT instead of INTEGER/);
});

t.test("a folder of statements is proved as public tables, made rows included", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "hg-proof-"));
  t.teardown(() => rm(folder, { recursive: true }));
  const columns = {
    k: { type: "VARCHAR", role: "measure" },
    n: { type: "DECIMAL(9,2)" },
    d: { type: "DATE" },
    l: { type: "INTEGER[]" },
  };
  await writeFile(join(folder, "schema.json"), JSON.stringify({ tables: { t: { grade: "protected", columns } } }));
  await writeFile(join(folder, "q1.sql"), "SELECT k, sum(n) AS s FROM t GROUP BY k ORDER BY s, k LIMIT 7;\n");
  await writeFile(
    join(folder, "cases.json"),
    JSON.stringify([{ id: "c", sequence: ["SELECT max(d) FROM t", "SELECT random()"] }]),
  );
  const [schema, statements] = [await readSchema(join(folder, "schema.json")), await readStatements(folder)];
  t.same(
    statements.map(({ name }) => name),
    ["c.1", "c.2", "q1"],
  );
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  t.teardown(() => connection.closeSync());
  await fillTables(connection, schema, folder, 60);
  const verdicts: Verdict[] = [];
  for (const { sql } of [...statements, { sql: "SELECT k FROM nowhere" }])
    verdicts.push((await prove(connection, schema, sql)).verdict);
  t.same(verdicts, ["equal", "refused", "equal", "invalid"]);
});

t.test("a folder without statements and a schema without tables are usage errors", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "hg-proof-"));
  t.teardown(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "schema.json"), "{}");
  await t.rejects(readSchema(join(folder, "schema.json")), FolderError);
  await t.rejects(readStatements(folder), FolderError);
});
