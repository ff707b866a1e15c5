import t from "tap";
import type { AgreementSchema } from "../../../src/policy/query/index.ts";
import { comparable } from "./agrees.ts";
import { compileText, show } from "./duckdb-harness.ts";
import { openPeople } from "./people-database.ts";
import { sampleSchema } from "./sample-schema.ts";

const withKeys = (keys: readonly (readonly string[])[]): AgreementSchema => ({
  tables: sampleSchema.tables.map((table) => (table.name === "region" ? { ...table, keys } : table)),
});
const keyed = withKeys([["district"]]);
const pairs = withKeys([["district", "north"]]);
const connection = await openPeople();
t.teardown(() => connection.closeSync());

async function codeOf(sql: string, schema = keyed): Promise<string> {
  const outcome = await compileText(sql, schema);
  return outcome.kind === "refused" ? outcome.refusal.code : outcome.kind;
}

t.test("a public table joined by its declared key adds columns to protected rows", async (t) => {
  for (const sql of [
    "SELECT r.north, count(*) AS n, sum(p.income) AS s FROM person p JOIN region r USING (district) GROUP BY r.north",
    "SELECT area, count(DISTINCT id_card) AS n FROM person NATURAL JOIN region GROUP BY area",
    "SELECT r.north, count(*) AS n FROM person p LEFT JOIN region r ON p.district = r.district GROUP BY r.north",
    "SELECT count(*) AS n FROM person p JOIN (SELECT district AS d, area FROM region WHERE north) r ON r.d = p.district",
    "WITH r AS (SELECT * FROM region) SELECT r.north, count(*) AS n FROM person p, r WHERE p.district = r.district GROUP BY 1",
    "SELECT r.north, s.area, count(*) AS n FROM person p JOIN region r USING (district) JOIN region s ON s.district = r.district GROUP BY 1, 2",
  ]) {
    const governed = await show(sql, keyed, connection);
    const plain = await connection.runAndReadAll(sql);
    t.ok(governed.rows.length > 0, `shows something: ${sql}`);
    t.same(comparable(governed.rows), comparable(plain.getRowsJson()), sql);
  }
});

t.test("anything less than the key may multiply protected rows and is refused", async (t) => {
  for (const [sql, schema] of [
    ["SELECT count(*) FROM person p JOIN region r USING (district)", sampleSchema],
    ["SELECT count(*) FROM person p JOIN region r USING (district)", pairs],
    ["SELECT count(*) FROM person p JOIN region r ON r.north AND p.gender = 'M'", keyed],
    ["SELECT count(*) FROM person p JOIN region r ON p.district >= r.district", keyed],
    ["SELECT count(*) FROM person p JOIN region r ON p.district = upper(r.district)", keyed],
    ["SELECT count(*) FROM person p JOIN region r ON p.district = r.district OR r.north", keyed],
    [
      "SELECT count(*) FROM person p JOIN (SELECT district FROM region UNION ALL SELECT district FROM region) r USING (district)",
      keyed,
    ],
    ["SELECT count(*) FROM person p JOIN (SELECT r.district FROM region r, range(3)) r USING (district)", keyed],
    ["SELECT count(*) FROM person p JOIN (SELECT district, unnest([1, 2]) FROM region) r USING (district)", keyed],
    ["SELECT count(*) FROM person p JOIN (SELECT lower(district) AS district FROM region) r USING (district)", keyed],
    ["SELECT count(*) FROM person p JOIN (SELECT area FROM region) r ON r.area = 3", keyed],
  ] as const)
    t.equal(await codeOf(sql, schema), "QUERY_JOIN_KIND", sql);
});

t.test("a key of two columns holds where both are equated", async (t) => {
  const sql = "SELECT count(*) FROM employment e JOIN region r ON e.position = r.district AND e.insured = r.north";
  t.equal(await codeOf(sql, pairs), "draft");
  t.equal(await codeOf("SELECT count(*) FROM employment e JOIN region r ON e.insured = r.north", pairs), "QUERY_JOIN_KIND");
});
