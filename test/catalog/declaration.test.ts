import t from "tap";
import { checkDeclaration, type Declaration } from "../../src/catalog/declaration.ts";

const valid: Declaration = {
  name: "visit",
  grade: "general-3",
  columns: [
    { name: "id_card", type: "varchar", role: "identifier", nullable: false },
    { name: "phone", type: "VARCHAR", role: "identifier" },
    { name: "hospital", type: "INTEGER", role: "attribute", grade: "general-1", title: " 医院 " },
    { name: "cost", type: "decimal(12, 2)", role: "measure", grid: 0.5 },
    { name: "note", type: "VARCHAR", role: "free-text" },
  ],
  subjects: [{ kind: "person", column: "id_card", unique: false }],
};

type Column = Declaration["columns"][number];
const withColumn = (column: object): Declaration => ({ ...valid, columns: [...valid.columns, column as Column] });
const codeOf = (declaration: Declaration, maxColumns = 500): string => {
  const checked = checkDeclaration(declaration, maxColumns);
  return "code" in checked ? checked.code : "accepted";
};

t.test("a declaration is kept in one canonical form", async (t) => {
  const checked = checkDeclaration(valid, 500);
  if ("code" in checked) throw new Error(checked.code);
  t.same(
    checked.columns.map(({ type }) => type),
    ["VARCHAR", "VARCHAR", "INTEGER", "DECIMAL(12,2)", "VARCHAR"],
  );
  t.same(
    checked.columns.map(({ grade }) => grade),
    ["general-3", "general-3", "general-1", "general-3", "general-3"],
    "a column without a grade has the table's",
  );
  t.same(
    checked.columns.map(({ nullable }) => nullable),
    [false, true, true, true, true],
  );
  t.equal(checked.columns[2]?.title, "医院");
});

t.test("fields that no declaration has are not kept", async (t) => {
  const checked = checkDeclaration(withColumn({ name: "x", type: "DATE", role: "attribute", owner: "me" }), 500);
  if ("code" in checked) throw new Error(checked.code);
  t.notOk(Object.hasOwn(checked.columns[5] ?? {}, "owner"));
});

const refusals: readonly (readonly [string, Declaration, string])[] = [
  ["a table name in capitals", { ...valid, name: "Visit" }, "CATALOG_NAME_INVALID"],
  ["a table name of 64 characters", { ...valid, name: "v".repeat(64) }, "CATALOG_NAME_INVALID"],
  ["a table name that is SQL", { ...valid, name: 'a"; DROP TABLE b' }, "CATALOG_NAME_INVALID"],
  ["a table named as the platform's own", { ...valid, name: "__visit" }, "CATALOG_NAME_RESERVED"],
  ["a table named as the engine's own", { ...valid, name: "duckdb_settings" }, "CATALOG_NAME_RESERVED"],
  ["a grade outside GB/T 43697", { ...valid, grade: "secret" }, "CATALOG_GRADE_UNKNOWN"],
  ["no columns", { ...valid, columns: [], subjects: [] }, "CATALOG_COLUMN_COUNT"],
  ["a record key's name", withColumn({ name: "__rk_id_card", type: "INTEGER", role: "attribute" }), "CATALOG_NAME_RESERVED"],
  ["the engine's row number", withColumn({ name: "RowId", type: "BIGINT", role: "attribute" }), "CATALOG_NAME_RESERVED"],
  ["a column name with a quote", withColumn({ name: 'a"b', type: "DATE", role: "attribute" }), "CATALOG_NAME_INVALID"],
  ["an empty column name", withColumn({ name: "", type: "DATE", role: "attribute" }), "CATALOG_NAME_INVALID"],
  ["two columns apart by case only", withColumn({ name: "COST", type: "DOUBLE", role: "measure" }), "CATALOG_COLUMN_DUPLICATE"],
  ["an unknown type", withColumn({ name: "x", type: "MAP(INT,INT)", role: "attribute" }), "CATALOG_COLUMN_TYPE_UNKNOWN"],
  ["a type that goes on as SQL", withColumn({ name: "x", type: "DATE); --", role: "attribute" }), "CATALOG_COLUMN_TYPE_UNKNOWN"],
  ["a DECIMAL too wide", withColumn({ name: "x", type: "DECIMAL(39,0)", role: "measure" }), "CATALOG_COLUMN_TYPE_UNKNOWN"],
  [
    "a DECIMAL of more places than digits",
    withColumn({ name: "x", type: "DECIMAL(2,3)", role: "measure" }),
    "CATALOG_COLUMN_TYPE_UNKNOWN",
  ],
  ["an unknown role", withColumn({ name: "x", type: "DATE", role: "toString" }), "CATALOG_COLUMN_ROLE_UNKNOWN"],
  ["a measure that is a day", withColumn({ name: "x", type: "DATE", role: "measure" }), "CATALOG_COLUMN_ROLE_MISMATCH"],
  [
    "a measure that is a truth value",
    withColumn({ name: "x", type: "BOOLEAN", role: "measure" }),
    "CATALOG_COLUMN_ROLE_MISMATCH",
  ],
  ["free text that is a number", withColumn({ name: "x", type: "BIGINT", role: "free-text" }), "CATALOG_COLUMN_ROLE_MISMATCH"],
  [
    "a grid on an attribute",
    withColumn({ name: "x", type: "BIGINT", role: "attribute", grid: 5 }),
    "CATALOG_COLUMN_GRID_INVALID",
  ],
  ["a grid of zero", withColumn({ name: "x", type: "BIGINT", role: "measure", grid: 0 }), "CATALOG_COLUMN_GRID_INVALID"],
  [
    "a grid that is no number",
    withColumn({ name: "x", type: "BIGINT", role: "measure", grid: Number.NaN }),
    "CATALOG_COLUMN_GRID_INVALID",
  ],
  ["an endless grid", withColumn({ name: "x", type: "BIGINT", role: "measure", grid: Infinity }), "CATALOG_COLUMN_GRID_INVALID"],
  [
    "a column graded above its table",
    withColumn({ name: "x", type: "DATE", role: "attribute", grade: "core" }),
    "CATALOG_GRADE_TOO_LOW",
  ],
  [
    "a column of an unknown grade",
    withColumn({ name: "x", type: "DATE", role: "attribute", grade: "x" }),
    "CATALOG_GRADE_UNKNOWN",
  ],
  ["a title with a NUL", withColumn({ name: "x", type: "DATE", role: "attribute", title: "a\0b" }), "CATALOG_TEXT_INVALID"],
  ["a protected table of nobody", { ...valid, subjects: [] }, "CATALOG_SUBJECT_MISSING"],
  [
    "a public table of somebody",
    { ...valid, grade: "public", columns: valid.columns.map((c) => ({ ...c, grade: "public" })) },
    "CATALOG_SUBJECT_ON_PUBLIC",
  ],
  [
    "a subject's column that is not there",
    { ...valid, subjects: [{ kind: "person", column: "nobody", unique: false }] },
    "CATALOG_SUBJECT_COLUMN_INVALID",
  ],
  [
    "a subject's column that is no identifier",
    { ...valid, subjects: [{ kind: "person", column: "hospital", unique: false }] },
    "CATALOG_SUBJECT_COLUMN_INVALID",
  ],
  [
    "a kind of subject that is no word",
    { ...valid, subjects: [{ kind: "Person 1", column: "id_card", unique: false }] },
    "CATALOG_SUBJECT_COLUMN_INVALID",
  ],
  [
    "one column as the key of two",
    { ...valid, subjects: [...valid.subjects, { kind: "enterprise", column: "id_card", unique: false }] },
    "CATALOG_SUBJECT_DUPLICATE",
  ],
  [
    "an owner key that loses digits",
    {
      ...valid,
      columns: [{ name: "id_card", type: "DOUBLE", role: "identifier" }],
    },
    "CATALOG_SUBJECT_COLUMN_INVALID",
  ],
];

for (const [what, declaration, code] of refusals)
  t.test(`${what} is refused as ${code}`, async (t) => {
    t.equal(codeOf(declaration), code);
  });

t.test("more columns than the platform's limit are refused, as many are not", async (t) => {
  t.equal(codeOf(valid, 5), "accepted");
  t.equal(codeOf(valid, 4), "CATALOG_COLUMN_COUNT");
});

t.test("a refusal says what would be accepted", async (t) => {
  const refused = checkDeclaration(withColumn({ name: "x", type: "UUID", role: "attribute" }), 500);
  t.match("code" in refused ? refused.detail : {}, { column: "x", type: "UUID", instead: /VARCHAR.*DECIMAL\(p,s\)/ });
});

t.test("an identifier that is nobody's key is accepted: a telephone number", async (t) => {
  t.equal(codeOf(valid), "accepted");
});

t.test("a row may be of two persons", async (t) => {
  t.equal(codeOf({ ...valid, subjects: [...valid.subjects, { kind: "person", column: "phone", unique: false }] }), "accepted");
});

const region: Declaration = {
  name: "region",
  grade: "public",
  columns: [
    { name: "code", type: "VARCHAR", role: "attribute" },
    { name: "year", type: "INTEGER", role: "attribute", nullable: true },
    { name: "area", type: "DOUBLE", role: "measure" },
    { name: "note", type: "VARCHAR", role: "free-text" },
  ],
  subjects: [],
};

t.test("columns of a public table's keys are never empty; the same key is kept once", async (t) => {
  const keys = [["code", "year"], ["year", "code"], ["code"]];
  const checked = checkDeclaration({ ...region, keys }, 500);
  if ("code" in checked) throw new Error(checked.code);
  t.same(checked.keys.length, 2);
  t.same(
    checked.columns.map(({ nullable }) => nullable),
    [false, false, true, true],
  );
});

const badKeys: readonly (readonly [string, readonly (readonly string[])[], string])[] = [
  ["an undeclared column", [["codes"]], "codes"],
  ["free text", [["note"]], "note"],
  ["a DOUBLE", [["code", "area"]], "area"],
];
for (const [what, keys, column] of badKeys)
  t.test(`a key of ${what} is refused by name`, async (t) => {
    t.match(checkDeclaration({ ...region, keys }, 500), { code: "CATALOG_KEY_INVALID", detail: { column } });
  });

t.test("empty, repeating and too many keys are refused, and keys of protected tables", async (t) => {
  for (const keys of [[[]], [["code", "code"]], Array.from({ length: 9 }, () => ["code"])])
    t.match(checkDeclaration({ ...region, keys }, 500), { code: "CATALOG_KEY_INVALID" });
  t.match(checkDeclaration({ ...valid, keys: [["hospital"]] }, 500), { code: "CATALOG_KEY_INVALID" });
});
