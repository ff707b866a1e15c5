import t from "tap";
import type { ScopedColumn } from "../../src/governance/scope.ts";
import { expectValue } from "../support/value.ts";
import { openTestGovernance } from "./governance-fixture.ts";

const fixture = await openTestGovernance(t);
const { governance, people, catalog, steward, request } = fixture;
const family = await fixture.newFamily("住院");
const declaration = {
  family,
  name: "stay",
  title: "住院",
  grade: "general-3",
  columns: [
    { name: "id_card", type: "VARCHAR", role: "identifier" as const },
    { name: "age", type: "INTEGER", role: "quasi-identifier" as const },
    { name: "born", type: "DATE", role: "quasi-identifier" as const, conditions: ["range" as const], step: "month" as const },
    { name: "icd10", type: "VARCHAR", role: "attribute" as const },
    { name: "cost", type: "DECIMAL(12,2)", role: "measure" as const, grid: 100 },
  ],
  subjects: [{ kind: "person", column: "id_card", unique: false }],
};
const declared = expectValue(await catalog.declareResource(steward, declaration));
const draft = (...columns: readonly (string | ScopedColumn)[]) =>
  governance.draft(
    people.operatorAdmin,
    request({ scope: { resources: [{ resource: declared.id, columns: ["id_card", ...columns] }] } }),
  );

t.test("the catalogue keeps what a declaration lets be asked", async (t) => {
  const found = expectValue(await catalog.findResource(steward, declared.id));
  t.match(found.columns[2], { name: "born", conditions: ["range"], step: "month" });
  t.same(found.columns[4]?.grid, 100);
});

t.test("statements see the catalogue's controls where the parties say nothing, and theirs where they are stricter", async (t) => {
  const made = expectValue(
    await draft(
      { column: "age", conditions: ["range"], grid: 5 },
      "born",
      { column: "icd10", conditions: ["prefix"], prefixLength: 3 },
      { column: "cost", grid: 1000 },
    ),
  );
  const [table] = made.schema.tables;
  t.same(JSON.parse(JSON.stringify(table?.columns)), [
    { name: "id_card", type: "VARCHAR", role: "identifier" },
    { name: "age", type: "INTEGER", role: "quasi-identifier", conditions: ["range"], grid: 5 },
    { name: "born", type: "DATE", role: "quasi-identifier", conditions: ["range"], step: "month" },
    { name: "icd10", type: "VARCHAR", role: "attribute", conditions: ["prefix"], prefixLength: 3 },
    { name: "cost", type: "DECIMAL(12,2)", role: "measure", grid: 1000 },
  ]);
  const scope = expectValue(await governance.scopeOf(made.version.id));
  t.same(JSON.parse(JSON.stringify(scope.schema)), JSON.parse(JSON.stringify(made.schema)));
});

t.test("the signed digest binds the controls", async (t) => {
  const digests = new Set<string>();
  const asked = request({ scope: { resources: [{ resource: declared.id, columns: ["id_card", "age"] }] } });
  const { id } = expectValue(await governance.draft(people.operatorAdmin, asked));
  const controls = [{}, { conditions: ["range"], grid: 5 }, { conditions: ["range"], grid: 10 }] as const;
  for (const control of controls) {
    const columns = ["id_card", { column: "age", ...control }];
    const scope = { resources: [{ resource: declared.id, columns }] };
    const { version } = expectValue(await governance.findForActor(people.operatorAdmin, id));
    const expected = `${version.id}.draft`;
    const replaced = await governance.replaceDraft(people.operatorAdmin, { agreement: id, expected, draft: { ...asked, scope } });
    digests.add(expectValue(replaced).version.digest);
  }
  t.equal(digests.size, 3);
});

t.test("controls looser than the catalogue's, or no controls at all, are refused by column", async (t) => {
  for (const [column, instead] of [
    [{ column: "born", conditions: ["equality"] }, /catalogue allows: range/],
    [{ column: "born", step: "week" }, /whole steps of a month/],
    [{ column: "cost", grid: 50 }, /multiple of the declared grid 100/],
    [{ column: "cost", conditions: ["equality"] }, /catalogue allows/],
    [{ column: "age", grid: 5 }, /no grid/],
    [{ column: "age", conditions: ["range"] }, /a grid/],
    [{ column: "icd10", conditions: ["prefix"] }, /prefixLength/],
  ] as const) {
    const answer = await draft(column);
    t.match(answer, { code: "AGREEMENT_COLUMN_CONTROLS", detail: { column: column.column, instead } }, JSON.stringify(column));
    t.match((await fixture.events()).at(-1), { type: "agreement.drafted", outcome: "refused" });
  }
});

t.test("a column named twice, once without controls, is not taken with the looser ones", async (t) => {
  t.match(await draft("age", { column: "age", conditions: ["range"], grid: 5 }), { code: "AGREEMENT_COLUMN_CONTROLS" });
  t.match(await draft({ column: "age", conditions: ["range"], grid: 5 }, "age"), { code: "AGREEMENT_COLUMN_CONTROLS" });
  expectValue(await draft("age", "age"));
});

t.test("a declaration whose controls do not fit is refused by column", async (t) => {
  const columns = declaration.columns.map((column) =>
    column.name === "age" ? { ...column, conditions: ["range" as const] } : column,
  );
  t.match(await catalog.declareResource(steward, { ...declaration, name: "stay_2", columns }), {
    code: "CATALOG_COLUMN_CONTROLS_INVALID",
    detail: { column: "age", instead: /a grid/ },
  });
});
