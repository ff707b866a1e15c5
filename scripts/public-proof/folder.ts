import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { AgreementSchema } from "../../src/policy/query/index.ts";

/** One statement of a folder: a `.sql` file, or a case of a `.json` file as the corpus writes them. */
export interface ProofStatement {
  readonly name: string;
  readonly sql: string;
}

/** A folder that is not what the usage text describes: exit 2. */
export class FolderError extends Error {
  override readonly name = "FolderError";
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields => (typeof value === "object" && value !== null ? (value as Fields) : {});

function typeOf(column: unknown): string {
  const { type } = fieldsOf(column);
  return typeof type === "string" ? type : "VARCHAR";
}

/** `schema.json` as `npm run compile` takes it; whatever grade it gives, every table is public here. */
export async function readSchema(file: string): Promise<AgreementSchema> {
  const { tables } = fieldsOf(JSON.parse(await readFile(file, "utf8")));
  const entries = Object.entries(fieldsOf(tables));
  if (entries.length === 0) throw new FolderError(`${file} names no table`);
  return {
    tables: entries.map(([name, table]) => ({
      name,
      grade: "public",
      subjects: [],
      columns: Object.entries(fieldsOf(fieldsOf(table)["columns"])).map(([column, of]) => ({
        name: column,
        type: typeOf(of),
        role: "attribute",
      })),
    })),
  };
}

function casesOf(text: string): readonly ProofStatement[] {
  const list: unknown = JSON.parse(text);
  return (Array.isArray(list) ? list : []).flatMap((value) => {
    const { id, sql, sequence } = fieldsOf(value);
    const steps = Array.isArray(sequence) ? sequence : [sql];
    return steps.map((step, i) => ({ name: steps.length === 1 ? String(id) : `${id}.${i + 1}`, sql: String(step) }));
  });
}

/** All statements of the folder in the order of their names. */
export async function readStatements(folder: string): Promise<readonly ProofStatement[]> {
  const statements: ProofStatement[] = [];
  for (const file of (await readdir(folder)).toSorted()) {
    const text = (): Promise<string> => readFile(join(folder, file), "utf8");
    if (file.endsWith(".sql")) statements.push({ name: file.slice(0, -4), sql: (await text()).trim().replace(/;$/, "") });
    else if (file.endsWith(".json") && file !== "schema.json") statements.push(...casesOf(await text()));
  }
  if (statements.length === 0) throw new FolderError(`${folder} holds no .sql file and no cases`);
  return statements;
}
