import type { AgreementSchema, SchemaColumn } from "../../src/policy/index.ts";

/** Public columns of every type, many of them: what multiplies with them grows fast. */
const wide: readonly SchemaColumn[] = Array.from({ length: 150 }, (_unused, at) => ({
  name: `w${at}`,
  type: ["INTEGER", "VARCHAR", "DOUBLE", "DATE", "INTEGER[]"][at % 5] ?? "INTEGER",
  role: "attribute",
}));

/** Tables of every kind that the rules tell apart. */
export const fuzzSchema: AgreementSchema = {
  tables: [
    {
      name: "person",
      grade: "protected",
      subjects: [{ kind: "person", column: "id", unique: true }],
      columns: [
        { name: "id", type: "VARCHAR", role: "identifier" },
        { name: "born", type: "DATE", role: "quasi-identifier" },
        { name: "district", type: "VARCHAR", role: "quasi-identifier" },
        { name: "level", type: "INTEGER", role: "attribute" },
        { name: "income", type: "DOUBLE", role: "measure", grid: 1000 },
        { name: "tax", type: "DECIMAL(12,2)", role: "measure", grid: 100 },
        { name: "note", type: "VARCHAR", role: "free-text" },
      ],
    },
    {
      name: "visit",
      grade: "protected",
      subjects: [{ kind: "person", column: "id", unique: false }],
      columns: [
        { name: "id", type: "VARCHAR", role: "identifier" },
        { name: "icd10", type: "VARCHAR", role: "attribute" },
        { name: "day", type: "TIMESTAMP", role: "quasi-identifier" },
        { name: "cost", type: "DOUBLE", role: "measure", grid: 100 },
      ],
    },
    {
      name: "employment",
      grade: "protected",
      subjects: [
        { kind: "person", column: "worker", unique: false },
        { kind: "enterprise", column: "employer", unique: false },
      ],
      columns: [
        { name: "worker", type: "VARCHAR", role: "identifier" },
        { name: "employer", type: "VARCHAR", role: "identifier" },
        { name: "wage", type: "DECIMAL(12,2)", role: "measure", grid: 100 },
        { name: "insured", type: "BOOLEAN", role: "attribute" },
      ],
    },
    {
      name: "region",
      grade: "public",
      subjects: [],
      columns: [
        { name: "district", type: "VARCHAR", role: "attribute" },
        { name: "north", type: "BOOLEAN", role: "attribute" },
        { name: "area", type: "DOUBLE", role: "attribute" },
      ],
    },
    { name: "wide", grade: "public", subjects: [], columns: wide },
  ],
};
