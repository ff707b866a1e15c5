import type { AgreementSchema } from "../../../src/policy/query/index.ts";

/** The corpus's three tables, a link table, and a public one. */
export const sampleSchema: AgreementSchema = {
  tables: [
    {
      name: "person",
      grade: "protected",
      subjects: [{ kind: "person", column: "id_card", unique: true }],
      columns: [
        { name: "id_card", type: "VARCHAR", role: "identifier" },
        { name: "name", type: "VARCHAR", role: "identifier" },
        { name: "phone", type: "VARCHAR", role: "identifier" },
        { name: "birth_date", type: "DATE", role: "quasi-identifier" },
        { name: "gender", type: "VARCHAR", role: "quasi-identifier" },
        { name: "district", type: "VARCHAR", role: "quasi-identifier" },
        { name: "income", type: "DOUBLE", role: "measure", grid: 10000 },
      ],
    },
    {
      name: "visit",
      grade: "protected",
      subjects: [{ kind: "person", column: "id_card", unique: false }],
      columns: [
        { name: "visit_id", type: "BIGINT", role: "identifier" },
        { name: "id_card", type: "VARCHAR", role: "identifier" },
        { name: "hospital", type: "VARCHAR", role: "quasi-identifier" },
        { name: "icd10", type: "VARCHAR", role: "quasi-identifier" },
        { name: "visit_date", type: "DATE", role: "quasi-identifier" },
        { name: "cost", type: "DOUBLE", role: "measure", grid: 500 },
      ],
    },
    {
      name: "enterprise",
      grade: "protected",
      subjects: [{ kind: "enterprise", column: "uscc", unique: true }],
      columns: [
        { name: "uscc", type: "VARCHAR", role: "identifier" },
        { name: "name", type: "VARCHAR", role: "identifier" },
        { name: "industry", type: "VARCHAR", role: "quasi-identifier" },
        { name: "district", type: "VARCHAR", role: "quasi-identifier" },
        { name: "tax", type: "DOUBLE", role: "measure", grid: 10000 },
        { name: "employees", type: "BIGINT", role: "measure", grid: 10 },
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
        { name: "position", type: "VARCHAR", role: "attribute" },
        { name: "note", type: "VARCHAR", role: "free-text" },
        { name: "level", type: "INTEGER", role: "attribute" },
        { name: "since", type: "TIMESTAMP", role: "quasi-identifier" },
        { name: "grades", type: "INTEGER[]", role: "attribute" },
        { name: "code", type: "VARCHAR", role: "measure", grid: 1 },
        { name: "total", type: "HUGEINT", role: "measure", grid: 1 },
        { name: "insured", type: "BOOLEAN", role: "attribute" },
        { name: "wage", type: "DECIMAL(12,2)", role: "measure", grid: 0.5 },
        { name: "bonus", type: "DECIMAL(12,2)", role: "measure" },
      ],
    },
    {
      name: "region",
      grade: "public",
      subjects: [],
      columns: [
        { name: "district", type: "VARCHAR", role: "quasi-identifier" },
        { name: "north", type: "BOOLEAN", role: "attribute" },
        { name: "area", type: "DOUBLE", role: "measure" },
      ],
    },
  ],
};
