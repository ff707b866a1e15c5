import { DuckDBInstance } from "@duckdb/node-api";
import t from "tap";
import { isGovernedPlan, type PlanDraft, sealPlan } from "../../../src/policy/query/index.ts";
import { GovernedPlan } from "../../../src/policy/query/plan/governed-plan.ts";
import { astOf, compileText, sealText } from "./duckdb-harness.ts";
import { sampleSchema } from "./sample-schema.ts";

async function draftOf(sql: string): Promise<PlanDraft> {
  const outcome = await compileText(sql, sampleSchema);
  if (outcome.kind !== "draft") throw new Error(JSON.stringify(outcome));
  return outcome.draft;
}

const honest =
  "WITH a AS (SELECT p.district, v.hospital, count(*) AS n, avg(v.cost) AS m FROM person p JOIN visit v USING (id_card) WHERE v.cost > 500 GROUP BY ALL) SELECT hospital, sum(n) AS n, rank() OVER (ORDER BY sum(n)) AS r FROM a WHERE district LIKE 'A%' GROUP BY hospital ORDER BY n DESC LIMIT 3";

t.test("a plan carries all that the enclave and the reviewers need", async (t) => {
  const plan = await sealText(await draftOf(honest));
  t.equal(plan.steps.length, 1);
  t.match(plan.steps[0] ?? "", /^CREATE TEMP TABLE "__r1" AS WITH /);
  t.same(
    plan.columns.map((column) => column.name),
    ["hospital", "n", "r"],
  );
  t.same(plan.tables, ["person", "visit"]);
  const [release] = plan.releases;
  t.match(release, {
    id: "r1",
    keys: [
      { name: "person.district", type: "VARCHAR" },
      { name: "visit.hospital", type: "VARCHAR" },
    ],
    atoms: [
      {
        id: "a1",
        aggregate: "count",
        measure: "1",
        condition: "(person.id_card = visit.id_card) and (visit.cost > 500)",
        ownerKinds: ["person"],
      },
      { id: "a2", aggregate: "sum", measure: "visit.cost" },
      { id: "a3", aggregate: "count", measure: "1" },
    ],
  });
  t.match(release?.evidenceSql, /"a1_owners", "a1_value", "a1_total_abs", "a1_top1", "a1_top2", "a1_verdict"/);
  t.match(plan.digest, /^[0-9a-f]{64}$/);
  t.match(plan.explanation[0]?.rules, /10 or more distinct owners/);
});

t.test("the same statement gives the same digest, another one another", async (t) => {
  const digest = async (sql: string): Promise<string> => (await sealText(await draftOf(sql))).digest;
  t.equal(await digest(honest), await digest(honest));
  t.not(await digest("SELECT count(*) FROM person"), await digest("SELECT count(*) FROM visit"));
});

t.test("only the sealer makes plans, and a look-alike is none", async (t) => {
  const plan = await sealText(await draftOf("SELECT count(*) FROM person"));
  t.ok(isGovernedPlan(plan));
  t.ok(Object.isFrozen(plan));
  for (const other of [undefined, null, "plan", {}, { ...plan }, Object.create(plan), JSON.parse(JSON.stringify(plan))])
    t.notOk(isGovernedPlan(other));
  t.throws(() => new GovernedPlan(Symbol("seal"), plan), TypeError);
  t.match(plan.toJSON(), { digest: plan.digest, steps: plan.steps });
});

t.test("emitted text that reads back as anything else is not sealed", async (t) => {
  const draft = await draftOf("SELECT district, count(*) AS n FROM person GROUP BY district");
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  t.teardown(() => connection.closeSync());
  const ok = await astOf(connection, 'SELECT "k1" FROM "__r1"');
  const columns = [
    [{ name: "k1", type: "VARCHAR" }],
    [],
    [
      { name: "district", type: "VARCHAR" },
      { name: "n", type: "BIGINT" },
    ],
  ];
  t.ok(isGovernedPlan(sealPlan(draft, { asts: [ok, ok, ok], columns })));
  for (const sql of [
    "SELECT income FROM person",
    "SELECT k1 FROM visit",
    "SELECT k1 FROM other.person",
    "SELECT random() FROM person",
    "SELECT main.count(*), other.max(k1) FROM person",
    "SELECT k1 FROM read_csv('/etc/passwd')",
    "SELECT k1 FROM person TABLESAMPLE 5%",
    "SELECT row_number() OVER () FROM person",
    "FROM (DESCRIBE person)",
    "DROP TABLE person",
    "SELECT 1; SELECT 2",
  ]) {
    const ast = await astOf(connection, sql);
    t.throws(() => sealPlan(draft, { asts: [ok, ok, ast], columns }), { code: "POLICY_SEAL_BROKEN" }, sql);
  }
  // Forms that only some plans have: one that counts every owner needs no UNION ALL of its passes.
  const counting = await draftOf(
    "SELECT hospital AS district, count(*) AS n FROM visit GROUP BY hospital HAVING count(DISTINCT id_card) > 9",
  );
  t.ok(isGovernedPlan(sealPlan(counting, { asts: [ok, ok, ok], columns })));
  for (const sql of ["SELECT (SELECT 1)", "SELECT k1 FROM visit UNION ALL SELECT k1 FROM visit"]) {
    const ast = await astOf(connection, sql);
    t.throws(() => sealPlan(counting, { asts: [ok, ok, ast], columns }), { code: "POLICY_SEAL_BROKEN" }, sql);
  }
  t.throws(() => sealPlan(draft, { asts: [ok], columns }), { code: "POLICY_SEAL_BROKEN" }, "a statement missing");
  t.throws(
    () => sealPlan(draft, { asts: [ok, ok, ok], columns: columns.slice(1) }),
    { code: "POLICY_SEAL_BROKEN" },
    "columns missing",
  );
  t.throws(() => sealPlan(draft, { asts: [ok, ok, ok], columns: [] }), { code: "POLICY_SEAL_BROKEN" }, "no columns");
  t.throws(() => sealPlan(draft, { asts: [ok, ok, ok], columns: [[], [], []] }), { code: "POLICY_SEAL_BROKEN" }, "other columns");
  t.throws(
    () => sealPlan(draft, { asts: [ok, ok, ok], columns: [[], [], columns[2] ?? []] }),
    { code: "POLICY_SEAL_BROKEN" },
    "a key without a type",
  );
  t.throws(() => sealPlan(draft, { asts: [ok, ok, "[]"], columns }), { code: "POLICY_SEAL_BROKEN" });
  t.throws(() => sealPlan(draft, { asts: [ok, ok, "1"], columns }), { code: "POLICY_SEAL_BROKEN" });
  for (const node of [
    { class: "COLUMN_REF" },
    { class: "COLUMN_REF", column_names: [7] },
    { class: "FUNCTION", function_name: null, catalog: "", schema: "" },
    { class: "FUNCTION", function_name: "count", schema: "" },
    { type: "BASE_TABLE", table_name: "person", schema_name: {}, catalog_name: "" },
    { type: "BASE_TABLE", table_name: "person", schema_name: "recurring", catalog_name: "" },
    { type: "UNBOUND_TYPE_INFO", name: "MOOD", catalog: "", schema: "" },
    { type: "UNBOUND_TYPE_INFO", name: "JSON", catalog: "", schema: "other" },
  ]) {
    const nameless = JSON.stringify({ error: false, statements: [node] });
    t.throws(() => sealPlan(draft, { asts: [ok, ok, nameless], columns }), { code: "POLICY_SEAL_BROKEN" }, nameless);
  }
});
