import { DuckDBInstance } from "@duckdb/node-api";
import t from "tap";
import { compileQuery, explainPlan, platformFloor } from "../../../src/policy/query/index.ts";
import { astOf, compileText } from "./duckdb-harness.ts";
import { codeOf, refusalOf } from "./refusals.ts";
import { sampleSchema } from "./sample-schema.ts";

async function ownersOf(sql: string): Promise<unknown> {
  const outcome = await compileText(sql, sampleSchema);
  return outcome.kind === "draft"
    ? explainPlan(outcome.draft).map((release) => release.owners.map((owner) => `${owner.kind}: ${owner.keys.join(" = ")}`))
    : outcome;
}

t.test("keys that a join equates are one owner, every other key is an owner of its own", async (t) => {
  for (const [from, owners] of [
    ["person", ["person: person.id_card"]],
    ["employment", ["person: employment.worker", "enterprise: employment.employer"]],
    ["person JOIN visit USING (id_card)", ["person: person.id_card = visit.id_card"]],
    ["person p, visit v WHERE p.id_card = v.id_card AND p.gender = 'M'", ["person: person.id_card = visit.id_card"]],
    ["person p CROSS JOIN visit v WHERE v.id_card = p.id_card", ["person: visit.id_card = person.id_card"]],
    [
      "employment JOIN person ON worker = id_card JOIN enterprise ON employer = uscc",
      ["person: employment.worker = person.id_card", "enterprise: employment.employer = enterprise.uscc"],
    ],
    [
      "employment a JOIN employment b ON a.worker = b.worker",
      ["person: employment.worker = employment.worker", "enterprise: employment.employer", "enterprise: employment.employer"],
    ],
    [
      "(SELECT id_card AS k, gender FROM person WHERE gender = 'M') x JOIN visit y ON x.k = y.id_card",
      ["person: person.id_card = visit.id_card"],
    ],
    [
      "person a JOIN person b USING (id_card) JOIN visit c USING (id_card) WHERE a.id_card = c.id_card",
      ["person: person.id_card = person.id_card = visit.id_card"],
    ],
  ] as const) {
    t.same(await ownersOf(`SELECT count(*) FROM ${from}`), [owners], from);
  }
});

t.test("a WITH query that is named twice stands for two tables", async (t) => {
  const men = "WITH a AS (SELECT id_card, gender FROM person WHERE gender = 'M')";
  t.same(await ownersOf(`${men} SELECT count(*) FROM a x JOIN a y USING (id_card)`), [
    ["person: person.id_card = person.id_card"],
  ]);
  t.equal(await codeOf(`${men} SELECT count(*) FROM a x, a y`), "QUERY_JOIN_NOT_BY_OWNER");
});

t.test("tables that double themselves through WITH are stopped before they are many", async (t) => {
  const doubled = Array.from({ length: 25 }, (_unused, i) => `c${i + 1} AS (SELECT 1 AS x FROM c${i} a, c${i} b)`);
  t.match(await refusalOf(`WITH c0 AS (SELECT 1 AS x FROM person), ${doubled.join(", ")} SELECT count(*) FROM c25`), {
    code: "QUERY_TOO_LARGE",
    found: "more than 32 protected tables joined",
  });
});

t.test("a join that would multiply people, or tie them to something else, is refused", async (t) => {
  for (const [sql, code] of [
    ["SELECT count(*) FROM person, visit", "QUERY_JOIN_NOT_BY_OWNER"],
    ["SELECT count(*) FROM person p JOIN visit v ON p.id_card = v.id_card OR p.gender = 'M'", "QUERY_JOIN_NOT_BY_OWNER"],
    ["SELECT count(*) FROM person p JOIN visit v ON p.id_card <> v.id_card", "QUERY_JOIN_NOT_BY_OWNER"],
    ["SELECT count(*) FROM person p JOIN enterprise e ON p.id_card = e.uscc", "QUERY_JOIN_NOT_BY_OWNER"],
    ["SELECT count(*) FROM person p JOIN enterprise e USING (district)", "QUERY_JOIN_NOT_BY_OWNER"],
    ["SELECT count(*) FROM person p POSITIONAL JOIN visit v", "QUERY_JOIN_KIND"],
    ["SELECT count(*) FROM person p JOIN region r USING (district)", "QUERY_JOIN_KIND"],
  ] as const) {
    t.equal(await codeOf(sql), code, sql);
  }
});

t.test("a loose table is pointed at", async (t) => {
  t.match(await refusalOf("SELECT count(*)\nFROM person, visit"), { at: { line: 2, column: 14 } });
});

t.test("a table whose owners cannot be told answers nothing", async (t) => {
  const [person] = sampleSchema.tables;
  if (person === undefined) throw new Error("no person");
  for (const table of [
    { ...person, subjects: [] },
    { ...person, columns: person.columns.filter((column) => column.name !== "id_card") },
  ]) {
    const outcome = await compileText("SELECT count(*) FROM person", { tables: [table] }, platformFloor);
    t.match(outcome, { kind: "refused", refusal: { code: "QUERY_NAME_UNKNOWN" } });
  }
});

t.test("names outside the agreement, reserved names and hidden columns get one and the same answer", async (t) => {
  for (const sql of ["SELECT rowid FROM person", "SELECT person FROM person"]) {
    t.match(await refusalOf(sql), { code: "QUERY_NAME_UNKNOWN" }, sql);
  }
  for (const sql of [
    "SELECT count(*) FROM secret",
    "SELECT count(*) FROM person WHERE secret = 1",
    "SELECT count(__rk_id_card) FROM person",
    "SELECT * FROM __r1",
  ]) {
    t.match(await codeOf(sql), /^rejected by the engine/, `${sql}: not in the shadow tables either`);
  }
});

t.test("rows of people are never the result, whatever they are wrapped in", async (t) => {
  for (const [sql, code] of [
    ["SELECT * FROM (SELECT * FROM person) t", "QUERY_ROWS_NOT_SHOWN"],
    ["WITH a AS (SELECT income FROM person) SELECT * FROM a", "QUERY_ROWS_NOT_SHOWN"],
    ["SELECT income FROM person ORDER BY income", "QUERY_ROWS_NOT_SHOWN"],
    ["SELECT income FROM person LIMIT 1", "QUERY_ROW_CHOICE"],
    ["SELECT income FROM person OFFSET 1", "QUERY_ROW_CHOICE"],
    ["SELECT count(*) FROM (SELECT * FROM person QUALIFY row_number() OVER (ORDER BY income) = 1)", "QUERY_ROW_CHOICE"],
    ["SELECT count(*) FROM (SELECT DISTINCT ON (district) income FROM person)", "QUERY_ROW_CHOICE"],
    ["SELECT count(*) FROM person TABLESAMPLE 10%", "QUERY_ROW_CHOICE"],
    ["SELECT avg(income) FROM person USING SAMPLE 5", "QUERY_ROW_CHOICE"],
    ["SELECT district, gender, count(*) FROM person GROUP BY ROLLUP (district, gender)", "QUERY_CLAUSE_UNSUPPORTED"],
    ["SELECT DISTINCT id_card FROM person", "QUERY_ROWS_NOT_SHOWN"],
    ["SELECT district || income, count(*) FROM person GROUP BY 1", "QUERY_GROUP_KEY"],
    ["SELECT name, count(*) FROM person GROUP BY 1", "QUERY_IDENTIFIER_USE"],
  ] as const) {
    t.equal(await codeOf(sql), code, sql);
  }
});

t.test("clauses that no plan carries are refused by name", async (t) => {
  for (const [sql, found] of [
    ["SELECT count(*) FROM person LIMIT -1", "rejected"],
    ["SELECT nosuchwindow(area) OVER () FROM region", "rejected"],
    ["SELECT row_number() FROM region", "rejected"],
    ["SELECT area[1:2] FROM region", "rejected"],
    ["SELECT * FROM region AT (VERSION => 1)", "rejected"],
    ["SELECT a.b.c.d.area FROM region", "rejected"],
    ["SELECT 1 ORDER BY 2", "rejected"],
    ["SELECT max(area, 1, 2) FROM region", "rejected"],
    ["SELECT log(2, 3), log(area, 2, 3) FROM region", "rejected"],
    ["SELECT month(DISTINCT DATE '2024-01-01')", "rejected"],
  ] as const) {
    const answer = await refusalOf(sql);
    const text = typeof answer === "string" ? answer : answer.found;
    t.ok(text.startsWith(found), `${sql} → ${text}`);
  }
});

t.test("an alias that doubles itself is stopped before it grows", async (t) => {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  t.teardown(() => connection.closeSync());
  const doubled = Array.from({ length: 40 }, (_unused, i) => `a${i} + a${i} AS a${i + 1}`).join(", ");
  const text = `SELECT area AS a0, ${doubled} FROM region`;
  // The engine's own binder would take minutes over it, which is what the compiler process's time limit is for.
  const answer = compileQuery({
    text,
    ast: await astOf(connection, text),
    boundColumns: [],
    schema: sampleSchema,
    rules: platformFloor,
  });
  t.match(answer, { kind: "refused", code: "QUERY_TOO_LARGE" });
});

t.test("what may stand in a CASE, and derived rows beside others, is said", async (t) => {
  const mixed = await refusalOf("SELECT count(*) FROM person WHERE CASE WHEN gender = 'M' THEN income ELSE 1 END = 1");
  t.match(mixed, { code: "QUERY_CONDITION", instead: /every branch of the CASE/ });
  const loose = await refusalOf("SELECT count(*) FROM person p, (SELECT id_card, count(*) AS n FROM visit GROUP BY 1) v");
  t.match(loose, { code: "QUERY_JOIN_NOT_BY_OWNER", instead: /Aggregate both sides/ });
});
