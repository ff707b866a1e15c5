import t from "tap";
import { constantOf } from "../../../src/policy/query/subject/constant.ts";
import { agreesWith } from "./agrees.ts";
import { compileText, show } from "./duckdb-harness.ts";
import { openPeople } from "./people-database.ts";
import { codeOf } from "./refusals.ts";
import { sampleSchema } from "./sample-schema.ts";

const connection = await openPeople();
t.teardown(() => connection.closeSync());
const agrees = agreesWith(connection);
const work = (condition: string): string => `SELECT count(*) AS n FROM employment WHERE ${condition}`;

t.test("arithmetic of constants is a constant, with the engine's own value", async (t) => {
  for (const condition of [
    "level BETWEEN 1 AND 1 + 2",
    "level IN (1, 1 + 1, 2 * 3 - 4) AND level > 2 - 10",
    "level < -(1 - 4)",
    "wage >= 0.5 + 0.5 AND wage < 1000 * 1000 + 0.5",
    "wage > 0.25 * 2 - 1",
    "since >= DATE '2000-01-01' + 30 AND since >= CAST('2000-03-01' AS DATE) - (10 + 5)",
    "since >= DATE '2000-01-01' + 30 + INTERVAL 1 MONTH",
  ])
    await agrees(t, work(condition));
  await agrees(t, "SELECT level, sum(wage * (3 - 1)) AS s, count(*) AS n FROM employment GROUP BY level");
});

t.test("what runs is the value: it cannot overflow, and widens no protected column", async (t) => {
  const outcome = await compileText(work("level = 1500 - 1510 AND wage >= 0.25 * 2"), sampleSchema);
  if (outcome.kind !== "draft") throw new Error(JSON.stringify(outcome));
  t.match(outcome.draft.steps[0]?.sql, '"level" = -10) AND ("t1"."wage" >= 0.5)');
});

t.test("a measure asks for the value to lie on its grid, however it is written", async (t) => {
  t.equal(await codeOf(work("wage >= 0.25 + 0.25")), "compiled");
  t.equal(await codeOf(work("wage >= 0.5 + 0.25")), "QUERY_OFF_GRID");
  t.equal(await codeOf(work("wage >= 0.5 * 0.5")), "QUERY_OFF_GRID");
});

t.test("arithmetic that may overflow, lose digits or fail is no constant", async (t) => {
  for (const condition of [
    "level = 9007199254740991 + 1",
    "level > 9007199254740991 * 9007199254740991",
    "level > 0.000000000000001 * 0.1",
    "level > 1e3 + 1",
    "level > 1 / 0",
    "level > 1 + (1 / 0)",
    "level > 1 + CAST('x' AS INTEGER)",
    "since > DATE '2000-01-01' + 9999999",
    "since > DATE '2000-01-01' + level",
    "since > 3 + DATE '2000-01-01'",
    "since > DATE '2000-01-01' + (1 - level)",
    "level = NULL + 1",
  ])
    t.equal(await codeOf(work(condition)), "QUERY_CONDITION", condition);
});

t.test("columns of public rows beside protected ones take constant patterns", async (t) => {
  const keyed = {
    tables: sampleSchema.tables.map((table) => (table.name === "region" ? { ...table, keys: [["district"]] } : table)),
  };
  const sql =
    "SELECT count(*) AS n FROM person p JOIN region r USING (district) WHERE r.district LIKE '%1' OR r.district ILIKE '%3'";
  const governed = await show(sql, keyed, connection);
  t.same(governed.rows, (await connection.runAndReadAll(sql)).getRowsJson());
});

t.test("a number that is no exact fraction is no constant", async (t) => {
  const literal = (text: string) =>
    ({ kind: "literal", value: { type: "number", form: "double", text }, at: undefined }) as const;
  t.equal(constantOf(literal("inf")), undefined);
  t.match(constantOf(literal("1e3")), { family: "number", whole: false });
});

t.test("a figure that comes to a constant orders nothing: it is no place of a column", async (t) => {
  const asked =
    "SELECT gender, sum(income - income) AS z, count(*) > 0 AS n FROM person GROUP BY gender ORDER BY sum(income - income)";
  for (const sql of [asked, `${asked} DESC`, `${asked}, gender`, `${asked} LIMIT 2`])
    t.same(
      (await show(sql, sampleSchema, connection)).rows,
      [
        ["F", 0, true],
        ["M", 0, true],
      ],
      sql,
    );
});
