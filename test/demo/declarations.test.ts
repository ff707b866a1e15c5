import t from "tap";
import { demoSchema } from "../../scripts/demo/declarations.ts";
import { checkDeclaration } from "../../src/catalog/declaration.ts";
import { isRefusal } from "../../src/kernel/index.ts";

t.test("the catalogue accepts every declaration of the demo as it stands", async (t) => {
  for (const { name, grade, columns, subjects } of demoSchema.tables) {
    const checked = checkDeclaration({ name, grade, columns, subjects }, 100);
    t.notOk(isRefusal(checked), JSON.stringify(checked));
  }
});

t.test("every measure has a grid, and every table a subject that is one of its identifiers", async (t) => {
  for (const { columns, subjects } of demoSchema.tables) {
    for (const { name, role, grid } of columns) t.equal(grid !== undefined, role === "measure", name);
    t.ok(subjects.length > 0);
    for (const { column } of subjects) t.equal(columns.find(({ name }) => name === column)?.role, "identifier");
  }
});

t.test("tables that share a subject's key are one family", async (t) => {
  const families = Map.groupBy(
    demoSchema.tables.flatMap(({ family, subjects }) => subjects.map(({ kind }) => ({ kind, family }))),
    ({ kind }) => kind,
  );
  for (const [kind, uses] of families) t.equal(new Set(uses.map(({ family }) => family)).size, 1, kind);
});
