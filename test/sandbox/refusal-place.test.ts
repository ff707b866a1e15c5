import t from "tap";
import { platformFloor } from "../../src/policy/index.ts";
import { compileStatement } from "../../src/sandbox/compile-statement.ts";
import { startEngine } from "../engine/engine-fixture.ts";
import { sampleSchema } from "../policy/query/sample-schema.ts";

t.test("every refusal of a statement says where, be it only where the statement begins", async (t) => {
  const { engine } = await startEngine(t);
  const place = async (sql: string): Promise<unknown> => {
    const outcome = await compileStatement(engine.compiler, { sql, parameters: {}, schema: sampleSchema, rules: platformFloor });
    return outcome.kind === "refused" ? outcome.at : outcome.kind;
  };
  t.same(await place("SELECT name FROM nobody"), { line: 1, column: 18 }, "a place of its own is kept");
  for (const sql of [
    "EXPLAIN SELECT count(*) FROM person",
    "CREATE TABLE x AS SELECT * FROM person",
    "SELECT count(*) FROM person; SELECT 1",
    "SUMMARIZE person",
    "SELECT avg(income) FROM person USING SAMPLE 10%",
    "SELECT * FROM '/data/person.parquet'",
  ]) {
    t.match(await place(sql), { line: Number, column: Number }, sql);
    t.match(await place(`\n  \n  ${sql}`), { line: 3 }, "blank lines before it are counted");
  }
  t.same(await place("\n\t  INSTALL httpfs"), { line: 2, column: 4 });
});
