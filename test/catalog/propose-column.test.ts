import t from "tap";
import { parseColumnType } from "../../src/catalog/column-type.ts";
import { type ProposedColumn, proposeColumn } from "../../src/catalog/propose-column.ts";
import type { ColumnSample } from "../../src/engine/index.ts";

const noForms = { "id-card": 0, uscc: 0, mobile: 0, email: 0, prose: 0 };
const plain: ColumnSample = {
  name: "x",
  values: 1000,
  nulls: 0,
  distinct: 10,
  maxBytes: 12,
  meanBytes: 8,
  types: ["VARCHAR"],
  leadingZeros: 0,
  forms: noForms,
};
const propose = (over: Partial<ColumnSample>): ProposedColumn => proposeColumn({ ...plain, ...over }, 3);

const roles: readonly (readonly [string, Partial<ColumnSample>, string, string])[] = [
  [
    "most values are identity card numbers",
    { types: ["BIGINT"], forms: { ...noForms, "id-card": 850 } },
    "identifier",
    "VARCHAR",
  ],
  ["most values are credit codes", { forms: { ...noForms, uscc: 1000 } }, "identifier", "VARCHAR"],
  ["most values are phones", { types: ["BIGINT"], forms: { ...noForms, mobile: 900 } }, "identifier", "VARCHAR"],
  ["most values are addresses of mail", { forms: { ...noForms, email: 900 } }, "identifier", "VARCHAR"],
  ["the name is a person's", { name: "姓名" }, "identifier", "VARCHAR"],
  ["the name is an account's, of digits", { name: "account", types: ["BIGINT"] }, "identifier", "VARCHAR"],
  ["no value stands twice", { distinct: 1000 }, "identifier", "VARCHAR"],
  ["the name is a remark's", { name: "备注" }, "free-text", "VARCHAR"],
  ["the values read like text", { forms: { ...noForms, prose: 500 } }, "free-text", "VARCHAR"],
  ["the values are long and differ", { distinct: 900, meanBytes: 40 }, "free-text", "VARCHAR"],
  ["the name is a birthday's", { name: "birth_date", types: ["DATE"] }, "quasi-identifier", "DATE"],
  ["the values are days", { types: ["DATE", "TIMESTAMP"] }, "quasi-identifier", "DATE"],
  ["the name is a county's", { name: "区县", types: ["INTEGER"] }, "quasi-identifier", "INTEGER"],
  ["the name is an amount's", { name: "收入", types: ["INTEGER"] }, "measure", "INTEGER"],
  ["there are fractions", { types: ["DECIMAL(9,2)", "DOUBLE"] }, "measure", "DECIMAL(9,2)"],
  ["whole numbers differ", { types: ["INTEGER"], distinct: 51 }, "measure", "INTEGER"],
  ["whole numbers are few", { types: ["TINYINT"], distinct: 5 }, "attribute", "TINYINT"],
  ["nothing points at persons", {}, "attribute", "VARCHAR"],
  ["a name of an amount stands on text", { name: "amount" }, "attribute", "VARCHAR"],
  ["zeros would be lost", { types: ["INTEGER"], leadingZeros: 3 }, "attribute", "VARCHAR"],
];

for (const [what, sample, role, type] of roles)
  t.test(`where ${what}, ${role} is proposed, with a reason`, async (t) => {
    const proposed = propose(sample);
    t.match(proposed, { role, type });
    t.ok(proposed.reasons.every((reason) => reason.length > 10));
    t.ok(proposed.reasons.length >= 1);
    t.ok(parseColumnType(proposed.type), "a type that may be declared");
  });

t.test("a header that is no SQL name becomes the title", async (t) => {
  t.match(propose({ name: "出生 日期" }), { name: "column_3", title: "出生 日期" });
  t.match(propose({ name: "id_card" }), { name: "id_card", title: undefined });
  t.match(propose({ name: "__rk" }), { name: "column_3" });
  t.match(propose({ name: "a\u202eb" }), { name: "column_3", title: undefined }, "no invisible characters");
});

t.test("a column is nullable where the sample misses a value, or has none", async (t) => {
  t.equal(propose({}).nullable, false);
  t.equal(propose({ nulls: 1 }).nullable, true);
  t.match(propose({ values: 0, distinct: 0 }), { nullable: true, role: "attribute", reasons: [/./, /no value/] });
});
