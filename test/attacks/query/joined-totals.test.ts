import t from "tap";
import { compileText, show } from "../../policy/query/duckdb-harness.ts";
import { sampleSchema } from "../../policy/query/sample-schema.ts";
import { village } from "./village.ts";

const connection = await village();
t.teardown(() => connection.closeSync());

const total = (figure: string, condition = "true"): string =>
  `(SELECT ${figure} FROM visit v WHERE v.id_card = p.id_card AND ${condition})`;
const others = "(SELECT * FROM person WHERE district <> 'HamletT')";

t.test("no total as a value and no full join isolates one person", async (t) => {
  for (const { why, sql, shows } of [
    {
      why: "a total that only the target has",
      sql: `SELECT sum(${total("sum(cost)", "p2")}), count(*) FROM person p`.replace(
        "p2",
        "EXISTS (SELECT 1 FROM person q WHERE q.id_card = v.id_card AND q.district = 'HamletT')",
      ),
      shows: [null, "40"],
    },
    {
      why: "that everybody has a total under a condition",
      sql: `SELECT count(*), count(${total("sum(cost)", "v.cost >= 0")}) FROM person p WHERE birth_date < DATE '1980-01-20'`,
      shows: ["19", null],
    },
    {
      why: "that a total under a condition is the whole one",
      sql: `SELECT sum(${total("sum(cost)")}), sum(${total("sum(cost)", "v.cost >= 0")}) FROM person p`,
      shows: [21900, null],
    },
    {
      why: "a number of rows of all but one",
      sql: `SELECT sum(${total("count(*)")}), sum(t.n) FROM person p LEFT JOIN (SELECT id_card, count(*) AS n FROM visit WHERE id_card IN (SELECT id_card FROM ${others}) GROUP BY id_card) t USING (id_card)`,
      shows: ["200", null],
    },
    {
      why: "all beside all but one, through a full join",
      sql: `SELECT count(*), count(q.id_card), sum(q.income) FROM person p FULL JOIN ${others} q ON p.id_card = q.id_card`,
      shows: ["40", null, 858000],
    },
    {
      why: "and their incomes",
      sql: `SELECT sum(p.income), sum(q.income) FROM person p FULL JOIN ${others} q ON p.id_card = q.id_card`,
      shows: [878000, null],
    },
    {
      why: "that all who are on the other side have an attribute: it is no mere presence",
      sql: "SELECT sum(v.cost), count(*) FILTER (WHERE v.hospital = 'H1') FROM person p FULL JOIN visit v ON p.id_card = v.id_card",
      shows: [21900, null],
    },
    {
      why: "the mean of the target's district is not there to be asked for",
      sql: "SELECT count(*), count(*) FILTER (WHERE (SELECT count(*) FROM person q WHERE q.district = p.district) IS NULL) FROM person p",
      shows: ["40", null],
    },
    {
      why: "nor that all others have one",
      sql: "SELECT count(*), count(*) FILTER (WHERE (SELECT count(*) FROM person q WHERE q.district = p.district) > 1) FROM person p",
      shows: ["40", null],
    },
    {
      why: "how many are only on the one side",
      sql: `SELECT count(*), count(*) FILTER (WHERE q.id_card IS NULL) FROM person p FULL JOIN ${others} q ON p.id_card = q.id_card`,
      shows: ["40", null],
    },
  ]) {
    t.same((await show(sql, sampleSchema, connection)).rows, [shows], `${why}: ${sql}`);
  }
});

t.test("what such totals may not be used for", async (t) => {
  for (const [code, why, sql] of [
    [
      "QUERY_MEASURE_SHAPE",
      "a weight made of a condition",
      `SELECT sum(p.income * ${total("count(*)", "v.hospital = 'H1'")}) FROM person p`,
    ],
    [
      "QUERY_MEASURE_CONDITION",
      "a constant off the grid",
      `SELECT count(*) FROM person p WHERE p.income < ${total("sum(cost * 0 + 23333)")}`,
    ],
    ["QUERY_MEASURE_CONDITION", "an equality with a measure", `SELECT count(*) FROM person p WHERE ${total("sum(cost)")} = 500`],
    ["QUERY_OFF_GRID", "a bound off the grid", `SELECT count(*) FROM person p WHERE ${total("sum(cost)")} > 501`],
    [
      "QUERY_JOIN_NOT_BY_OWNER",
      "a full join of everybody with everybody",
      "SELECT count(*) FROM (person a CROSS JOIN person c) FULL JOIN visit b ON a.id_card = b.id_card AND c.id_card = b.id_card",
    ],
  ] as const) {
    const outcome = await compileText(sql, sampleSchema);
    t.equal(outcome.kind === "refused" ? outcome.refusal.code : outcome.kind, code, `${why}: ${sql}`);
  }
});
