import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import type { AgreementSchema } from "../../../src/policy/query/index.ts";
import { sampleSchema } from "./sample-schema.ts";

const folder = fileURLToPath(new URL("../../../../shared/corpus/", import.meta.url));

/** Undefined with the reason printed by the caller where the corpus is not beside the repository. */
export const corpusFolder: string | undefined = existsSync(`${folder}attacks.json`) ? folder : undefined;

export interface CorpusCase {
  readonly id: string;
  readonly class?: string;
  readonly sql?: string;
  readonly sequence?: readonly string[];
  readonly expect?: string;
}

export function readCases(file: string): readonly CorpusCase[] {
  const cases: readonly CorpusCase[] = JSON.parse(readFileSync(`${corpusFolder}${file}`, "utf8"));
  return cases;
}

export const corpusSchema: AgreementSchema = {
  tables: sampleSchema.tables.filter((table) => ["person", "visit", "enterprise"].includes(table.name)),
};

/** The corpus as provisioning leaves it: surrogate owner ids, no other identifiers, hidden record keys. */
export async function openCorpus(): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const key = (column: string): string => `((hash(${column}) >> 1)::BIGINT)`;
  const record = (column: string): string => `((hash(${column}) % 2000000000)::INTEGER)`;
  const files: readonly (readonly [string, string, string])[] = [
    ["person", "id_card", "birth_date, gender, district, income"],
    ["visit", "id_card", "hospital, icd10, visit_date, cost"],
    ["enterprise", "uscc", "industry, district, tax, employees"],
  ];
  for (const [table, owner, columns] of files) {
    await connection.run(
      `CREATE TABLE ${table} AS SELECT ${key(owner)} AS ${owner}, ${columns}, ${record(owner)} AS __rk_${owner}
       FROM read_csv('${corpusFolder}${table}.csv', header = true, types = {'${owner}': 'VARCHAR'})`,
    );
  }
  return connection;
}
