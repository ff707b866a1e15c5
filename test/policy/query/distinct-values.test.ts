import t from "tap";
import { agreesWith } from "./agrees.ts";
import { show } from "./duckdb-harness.ts";
import { openPeople } from "./people-database.ts";
import { codeOf } from "./refusals.ts";
import { sampleSchema } from "./sample-schema.ts";

const connection = await openPeople();
t.teardown(() => connection.closeSync());
const agrees = agreesWith(connection);

t.test("the number of values of a category is the number of its groups that pass", async (t) => {
  for (const sql of [
    "SELECT count(DISTINCT district), count(*) FROM person",
    "SELECT gender, count(DISTINCT district), count(DISTINCT CASE WHEN income >= 50000 THEN district END) FROM person GROUP BY gender",
    "SELECT hospital FROM visit GROUP BY hospital HAVING count(DISTINCT icd10) = 2",
    "SELECT count(DISTINCT left(district, 1)) + count(DISTINCT gender) FROM person",
    "SELECT icd10, count(DISTINCT hospital) FILTER (WHERE cost >= 500) FROM visit GROUP BY icd10 ORDER BY 2",
  ])
    await agrees(t, sql);
});

t.test("a value of few people does not count", async (t) => {
  const rare = "SELECT count(DISTINCT CASE WHEN year(birth_date) = 1950 THEN birth_date END), count(*) FROM person";
  t.same((await show(rare, sampleSchema, connection)).rows[0]?.[0], null, "no birthday of 1950 is shared by ten");
  const days = "SELECT count(DISTINCT birth_date) FROM person";
  t.same((await show(days, sampleSchema, connection)).rows[0]?.[0], null);
});

t.test("what is no category is not counted by its values", async (t) => {
  for (const [figure, code] of [
    ["count(DISTINCT income)", "QUERY_GROUP_KEY"],
    ["count(DISTINCT name)", "QUERY_IDENTIFIER_USE"],
    ["count(DISTINCT income * 2)", "QUERY_GROUP_KEY"],
    ["sum(DISTINCT income)", "QUERY_AGGREGATE_REFUSED"],
  ] as const)
    t.ok((await codeOf(`SELECT ${figure} FROM person`)).startsWith(code), figure);
});
