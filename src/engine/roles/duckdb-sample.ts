import type { DuckDBConnection } from "@duckdb/node-api";
import type { IngestCommand } from "../ingest-messages.ts";
import type { ColumnSample, Sampled } from "../sample-messages.ts";
import { quoteIdentifier, quoteText } from "../sql-text.ts";
import { createColumnSampler } from "./column-sampler.ts";
import { limit, type ParquetFile, readFooter } from "./duckdb-parquet-footer.ts";
import { IngestRefusal } from "./ingest-refusal.ts";
import { parquetTypeFor } from "./parquet-types.ts";

const sampleRows = 100_000;
/** Text of the sample, unpacked. */
const sampleTextBytes = 128 * 1024 * 1024;

/** What the first rows of a Parquet file tell of its columns. */
export async function sampleParquet(connection: DuckDBConnection, file: ParquetFile, command: IngestCommand): Promise<Sampled> {
  const { rows, columns } = await readFooter(connection, file, command);
  if (rows === 0) throw new IngestRefusal({ code: "CATALOG_FILE_ROW", reason: "the sample holds no rows" });
  const source = `(SELECT * FROM read_parquet(${quoteText(file.path)}, hive_partitioning=false) LIMIT ${sampleRows})`;
  const sampled: ColumnSample[] = [];
  // Column by column: one at a time lies unpacked in memory.
  for (const [at, { name, found, physical }] of columns.entries()) {
    const type = parquetTypeFor(found, physical);
    if (type === undefined)
      throw new IngestRefusal({
        code: "CATALOG_FILE_HEADER",
        reason: `column ${at + 1} of the file has a type that no declared one holds without loss`,
      });
    const column = quoteIdentifier(name);
    const text = `CAST(${column} AS VARCHAR)`;
    const [size] = (await connection.runAndReadAll(`SELECT coalesce(sum(strlen(${text})), 0) FROM ${source}`)).getRows();
    if (Number(size?.[0]) > sampleTextBytes) throw limit(`the sample unpacks to more than ${sampleTextBytes} bytes`);
    const sampler = createColumnSampler();
    const read = await connection.stream(`SELECT ${text} FROM ${source}`);
    for (let chunk = await read.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await read.fetchChunk())
      for (const value of chunk.getColumnValues(0)) {
        if (typeof value === "string") sampler.add(Buffer.from(value));
        else sampler.addNull();
      }
    // The file says its types itself; only what is text may be anything.
    sampled.push({ ...sampler.summary(name), types: type === "VARCHAR" ? ["VARCHAR"] : [type, "VARCHAR"] });
  }
  return { kind: "sampled", rows: Math.min(rows, sampleRows), whole: rows <= sampleRows, columns: sampled };
}
