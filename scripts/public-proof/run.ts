import { join } from "node:path";
import { parseArgs } from "node:util";
import { DuckDBInstance } from "@duckdb/node-api";
import { fillTables } from "./data.ts";
import { FolderError, readSchema, readStatements } from "./folder.ts";
import { prove, type Verdict } from "./prove.ts";

const usage = `Usage: npm run --silent public-proof -- DIR [--schema FILE] [--rows N]

  DIR            *.sql (one statement each) or *.json (cases of the corpus), schema.json, and data/TABLE.parquet or .csv
  --schema FILE  another schema than DIR/schema.json
  --rows N       made rows of each table without data (default 200)

Every table is public. Each statement runs through the compiler and by itself; a line says whether both answers are equal.
Exit 0: all that bare DuckDB takes is equal; 1: something is not; 2: usage.
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { schema: { type: "string" }, rows: { type: "string", default: "200" } },
  });
  const [folder, ...more] = positionals;
  if (folder === undefined || more.length > 0) throw new FolderError("name one folder");
  const [schema, statements] = [await readSchema(values.schema ?? join(folder, "schema.json")), await readStatements(folder)];
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  const counts = new Map<Verdict, number>();
  try {
    await fillTables(connection, schema, folder, Number(values.rows));
    for (const { name, sql } of statements) {
      const { verdict, why } = await prove(connection, schema, sql);
      counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
      console.log(`${name.padEnd(12)} ${verdict.padEnd(10)} ${why.slice(0, 300)}`.trimEnd());
    }
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
  console.log(JSON.stringify({ statements: statements.length, ...Object.fromEntries(counts) }));
  return [...counts.keys()].every((verdict) => verdict.startsWith("equal") || verdict === "invalid") ? 0 : 1;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const isUsage = error instanceof FolderError;
    process.stderr.write(isUsage ? `${error.message}\n\n${usage}` : `${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = isUsage ? 2 : 1;
  },
);
