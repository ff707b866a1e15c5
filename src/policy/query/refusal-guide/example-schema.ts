import type { AgreementSchema } from "../schema.ts";

/** The tables of every example on the reference page: people, their visits, who works where, and a public table. */
export const exampleSchema: AgreementSchema = Object.freeze<AgreementSchema>({
  tables: [
    {
      name: "person",
      grade: "protected",
      subjects: [{ kind: "person", column: "id_card", unique: true }],
      columns: [
        { name: "id_card", type: "VARCHAR", role: "identifier" },
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
        { name: "id_card", type: "VARCHAR", role: "identifier" },
        { name: "hospital", type: "VARCHAR", role: "quasi-identifier" },
        { name: "icd10", type: "VARCHAR", role: "attribute" },
        { name: "visit_date", type: "DATE", role: "quasi-identifier" },
        { name: "cost", type: "DOUBLE", role: "measure" },
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
        { name: "since", type: "DATE", role: "quasi-identifier", conditions: ["range"], step: "month" },
      ],
    },
    {
      name: "region",
      grade: "public",
      subjects: [],
      columns: [
        { name: "district", type: "VARCHAR", role: "quasi-identifier" },
        { name: "north", type: "BOOLEAN", role: "attribute" },
      ],
    },
  ],
});
