import type { AgreementSchema, SchemaColumn } from "../../../src/policy/query/index.ts";

const columns: readonly SchemaColumn[] = [
  { name: "id_card", type: "VARCHAR", role: "identifier" },
  { name: "age", type: "INTEGER", role: "quasi-identifier", conditions: ["range"], grid: 5 },
  { name: "born", type: "DATE", role: "quasi-identifier", conditions: ["range"], step: "month" },
  { name: "week", type: "DATE", role: "quasi-identifier", conditions: ["range"], step: "week" },
  { name: "quarter", type: "DATE", role: "quasi-identifier", conditions: ["range"], step: "quarter" },
  { name: "arrived", type: "TIMESTAMP", role: "quasi-identifier", conditions: ["range"], step: "day" },
  { name: "founded", type: "DATE", role: "quasi-identifier", conditions: ["range"], step: "year" },
  { name: "icd10", type: "VARCHAR", role: "attribute", conditions: ["prefix"], prefixLength: 3 },
  { name: "code", type: "VARCHAR", role: "attribute", conditions: ["equality"] },
  { name: "level", type: "INTEGER", role: "attribute", conditions: ["equality"] },
  { name: "on_day", type: "DATE", role: "attribute", conditions: ["equality"] },
  { name: "position", type: "VARCHAR", role: "attribute" },
  { name: "district", type: "VARCHAR", role: "quasi-identifier", conditions: ["equality", "prefix"] },
  { name: "faith", type: "VARCHAR", role: "attribute", conditions: [] },
  { name: "joined", type: "DATE", role: "quasi-identifier" },
  { name: "left_on", type: "DATE", role: "quasi-identifier" },
  { name: "income", type: "DOUBLE", role: "measure", grid: 10000 },
  { name: "wealth", type: "DOUBLE", role: "measure", conditions: [], grid: 10000 },
];

/** One table whose columns an agreement lets be asked less than their roles do, and a public one. */
export const controlsSchema: AgreementSchema = {
  tables: [
    { name: "person", grade: "protected", subjects: [{ kind: "person", column: "id_card", unique: false }], columns },
    {
      name: "band",
      grade: "public",
      subjects: [],
      keys: [["low"], ["code"], ["day"]],
      columns: [
        { name: "low", type: "INTEGER", role: "attribute" },
        { name: "code", type: "VARCHAR", role: "attribute" },
        { name: "day", type: "DATE", role: "attribute" },
        { name: "title", type: "VARCHAR", role: "attribute" },
      ],
    },
  ],
};
