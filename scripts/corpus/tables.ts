export interface CorpusColumn {
  readonly name: string;
  readonly type: string;
  readonly role: "identifier" | "quasi-identifier" | "measure";
  readonly grid?: number;
}

/** A table as the corpus's README declares it. */
export interface CorpusTable {
  readonly name: string;
  readonly subject: { readonly kind: string; readonly column: string; readonly unique: boolean };
  readonly columns: readonly CorpusColumn[];
}

const identifier = (name: string, type = "VARCHAR"): CorpusColumn => ({ name, type, role: "identifier" });
const quasi = (name: string, type = "VARCHAR"): CorpusColumn => ({ name, type, role: "quasi-identifier" });
const measure = (name: string, type: string, grid: number): CorpusColumn => ({ name, type, role: "measure", grid });

export const corpusTables: readonly CorpusTable[] = [
  {
    name: "person",
    subject: { kind: "person", column: "id_card", unique: true },
    columns: [
      identifier("id_card"),
      identifier("name"),
      identifier("phone"),
      quasi("birth_date", "DATE"),
      quasi("gender"),
      quasi("district"),
      measure("income", "DOUBLE", 10_000),
    ],
  },
  {
    name: "visit",
    subject: { kind: "person", column: "id_card", unique: false },
    columns: [
      identifier("visit_id", "BIGINT"),
      identifier("id_card"),
      quasi("hospital"),
      quasi("icd10"),
      quasi("visit_date", "DATE"),
      measure("cost", "DOUBLE", 500),
    ],
  },
  {
    name: "enterprise",
    subject: { kind: "enterprise", column: "uscc", unique: true },
    columns: [
      identifier("uscc"),
      identifier("name"),
      quasi("industry"),
      quasi("district"),
      measure("tax", "DOUBLE", 10_000),
      measure("employees", "BIGINT", 10),
    ],
  },
];

/** The rules of the corpus's README: k, (n,k) and p. */
export const corpusRules = { minOwners: 10, dominanceShare: 0.9, pPercent: 10 } as const;

export const fileOf = (table: CorpusTable): string => `${table.name}.csv`;

/** Columns whose value says something of a person beside who it is: a condition on one tells, if all meet it. */
export function isTelling(column: string): boolean {
  return corpusTables.some(({ columns }) => columns.some(({ name, role }) => name === column && role === "measure"));
}

export function gridOf(column: string): number | undefined {
  return corpusTables.flatMap(({ columns }) => columns).find(({ name }) => name === column)?.grid;
}
