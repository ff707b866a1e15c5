import { existsSync } from "node:fs";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { type AgreementSchema, shadowDdl } from "../../src/policy/query/index.ts";

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/** A value of the type out of the row's number, the same on every run: few distinct values, one NULL in seventeen. */
function madeValue(type: string, salt: number): string {
  const number = `(hash(i, ${salt}) % 40)`;
  const upper = type.toUpperCase();
  const value = upper.startsWith("VARCHAR")
    ? `'v' || ${number}`
    : upper === "DATE"
      ? `DATE '2000-01-01' + CAST(${number} * 90 AS INTEGER)`
      : upper.startsWith("TIMESTAMP")
        ? `TIMESTAMP '2000-01-01 00:00:00' + to_hours(CAST(${number} * 700 AS INTEGER))`
        : upper === "BOOLEAN"
          ? `${number} % 2 = 0`
          : upper.endsWith("]") || upper.startsWith("STRUCT") || upper.startsWith("MAP")
            ? "NULL"
            : number;
  return `CAST(CASE WHEN hash(i, ${salt + 1000}) % 17 > 0 THEN ${value} END AS ${type})`;
}

/** Fills the schema's tables from `data/TABLE.parquet` or `.csv` beside the statements, or with made rows. */
export async function fillTables(
  connection: DuckDBConnection,
  schema: AgreementSchema,
  folder: string,
  madeRows: number,
): Promise<void> {
  await connection.run(shadowDdl(schema));
  for (const [at, table] of schema.tables.entries()) {
    const files = ["parquet", "csv"].map((ending) => join(folder, "data", `${table.name}.${ending}`));
    const file = files.find((one) => existsSync(one));
    const columns = table.columns.map((column, i) => `${madeValue(column.type, at * 200 + i)} AS ${quote(column.name)}`);
    const rows = `SELECT ${columns.join(", ")} FROM range(${madeRows}) t(i)`;
    await connection.run(`INSERT INTO ${quote(table.name)} ${file === undefined ? rows : `SELECT * FROM ${text(file)}`}`);
  }
}
