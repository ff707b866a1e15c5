import t from "tap";
import type { AgreementSchema } from "../../../src/policy/query/index.ts";
import { comparable } from "./agrees.ts";
import { compileText, show } from "./duckdb-harness.ts";
import { openPeople } from "./people-database.ts";
import { sampleSchema } from "./sample-schema.ts";

const keyed: AgreementSchema = {
  tables: sampleSchema.tables.map((table) => (table.name === "region" ? { ...table, keys: [["district"]] } : table)),
};
const connection = await openPeople();
t.teardown(() => connection.closeSync());

async function agrees(sql: string): Promise<void> {
  const governed = await show(sql, keyed, connection);
  const plain = await connection.runAndReadAll(sql);
  t.ok(governed.rows.length > 0, `shows something: ${sql}`);
  t.same(comparable(governed.rows), comparable(plain.getRowsJson()), sql);
}

t.test("public tables listed before a protected one stand beside it one by one: their product is never computed", async (t) => {
  const sql =
    "SELECT s.north, count(*) AS n FROM region r, region s, (VALUES ('D0', 1), ('D1', 2), ('D3', 3)) v(d, x), person p WHERE r.district = p.district AND s.district = r.district AND v.d = s.district GROUP BY s.north";
  await agrees(sql);
  const outcome = await compileText(sql, keyed);
  if (outcome.kind !== "draft") throw new Error(JSON.stringify(outcome));
  const kept = outcome.draft.steps.filter((step) => step.release === undefined).map((step) => step.sql);
  t.equal(kept.length, 3);
  for (const step of kept) t.notMatch(step, /JOIN/);
});

t.test("the same where the protected table comes first, in the middle, or behind a left join", async () => {
  for (const from of [
    "person p, region r, region s WHERE r.district = p.district AND s.district = p.district",
    "region r, person p, region s WHERE r.district = p.district AND s.district = r.district",
    "person p LEFT JOIN (region r CROSS JOIN region s) ON r.district = p.district AND s.district = r.district WHERE s.north",
    "region r CROSS JOIN region s JOIN person p ON r.district = p.district AND s.district = p.district WHERE r.north",
  ])
    await agrees(`SELECT r.north, s.area, count(*) AS n FROM ${from} GROUP BY ALL`);
});

t.test("what joins among itself is one table, as it was", async (t) => {
  await agrees(
    "SELECT r.north, count(*) AS n FROM (SELECT district, north, area FROM region) r, (SELECT DISTINCT area FROM region) s, person p WHERE r.district = p.district AND s.area = 10 AND r.area = 10 GROUP BY 1",
  );
  for (const from of [
    "(region r FULL JOIN region s USING (district)), region u, person p WHERE u.district = p.district AND r.district = p.district",
    "region r JOIN region s ON r.district = s.district, person p WHERE r.district = p.district",
    "region r, LATERAL (SELECT r.area AS b) l, person p WHERE r.district = p.district",
  ])
    t.match(
      await compileText(`SELECT count(*) FROM ${from}`, keyed),
      { kind: "refused", refusal: { code: "QUERY_JOIN_KIND" } },
      from,
    );
});

t.test("a public table that nothing settles still multiplies, and is refused", async (t) => {
  for (const from of [
    "region r, region s, person p WHERE r.district = p.district",
    "region r, region s, person p WHERE r.district = s.district AND s.north",
    "region r, (VALUES (1), (2)) v(x), person p WHERE r.district = p.district",
  ])
    t.match(
      await compileText(`SELECT count(*) FROM ${from}`, keyed),
      { kind: "refused", refusal: { code: "QUERY_JOIN_KIND" } },
      from,
    );
});
