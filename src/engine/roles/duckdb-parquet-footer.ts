import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { IngestCommand } from "../ingest-messages.ts";
import { quoteText } from "../sql-text.ts";
import { IngestRefusal } from "./ingest-refusal.ts";
import type { RoleChannel } from "./role-channel.ts";

const maxFooterBytes = 16 * 1024 * 1024;
const magic = "PAR1";

export const limit = (reason: string): IngestRefusal => new IngestRefusal({ code: "CATALOG_FILE_LIMIT", reason });
export const unreadable = (reason: string): IngestRefusal => new IngestRefusal({ code: "CATALOG_FILE_UNREADABLE", reason });

/** A Parquet file in the private temporary folder. */
export interface ParquetFile {
  readonly path: string;
  readonly bytes: number;
}

/** Parquet is read from its end, so the whole file is taken in first: into memory, never onto a disk. */
export async function receiveParquet(channel: Pick<RoleChannel, "receive">, command: IngestCommand): Promise<ParquetFile> {
  const path = join(command.temporary, "upload.parquet");
  const descriptor = openSync(path, "wx+", 0o600);
  try {
    let bytes = 0;
    for (;;) {
      const { kind, payload } = await channel.receive();
      if (kind === "end") break;
      if (bytes + payload.length > command.limits.maxParquetBytes)
        throw limit(`the file has more than ${command.limits.maxParquetBytes} bytes`);
      for (let at = 0; at < payload.length; ) at += writeSync(descriptor, payload, at);
      bytes += payload.length;
    }
    checkFrame(descriptor, bytes);
    return { path, bytes };
  } finally {
    closeSync(descriptor);
  }
}

/** Both marks and the length of the footer, before any foreign parser sees the file. */
function checkFrame(descriptor: number, bytes: number): void {
  const [head, tail] = [Buffer.alloc(4), Buffer.alloc(8)];
  if (bytes < 12) throw unreadable("the file is too short to be Parquet");
  readSync(descriptor, head, 0, 4, 0);
  readSync(descriptor, tail, 0, 8, bytes - 8);
  const [first, last] = [head.toString("latin1"), tail.toString("latin1", 4)];
  if (first === "PARE" || last === "PARE") throw unreadable("the file is encrypted; hand it in decrypted");
  if (first !== magic || last !== magic) throw unreadable("the file does not begin and end as Parquet does");
  const footer = tail.readUInt32LE(0);
  if (footer > bytes - 12) throw unreadable("the footer is said to be longer than the file");
  if (footer > maxFooterBytes) throw limit(`the footer has more than ${maxFooterBytes} bytes`);
}

type Row = readonly unknown[];

/** A flat column, as the file stores it and as the engine reads it. */
export interface StoredColumn {
  readonly name: string;
  readonly physical: string;
  readonly found: string;
}

/** What the footer says, held to the file and the limits. The data are not read yet. */
export async function readFooter(
  connection: DuckDBConnection,
  { path, bytes }: ParquetFile,
  { limits, base, columns }: Pick<IngestCommand, "limits" | "base" | "columns">,
): Promise<{ readonly rows: number; readonly columns: readonly StoredColumn[] }> {
  const file = quoteText(path);
  const rowsOf = async (sql: string): Promise<readonly Row[]> => (await connection.runAndReadAll(sql)).getRows();
  const [about] = await rowsOf(
    `SELECT num_rows, num_row_groups, encryption_algorithm IS NOT NULL FROM parquet_file_metadata(${file})`,
  );
  const [rows, groups] = [Number(about?.[0]), Number(about?.[1])];
  if (about?.[2] === true) throw unreadable("columns of the file are encrypted; hand it in decrypted");
  if (groups > limits.maxRowGroups) throw limit(`the file has more than ${limits.maxRowGroups} row groups`);
  if (base.rows + rows > limits.maxRows) throw limit(`the version would have more than ${limits.maxRows} rows`);
  await checkChunks(rowsOf, file, bytes, { rows, groups });

  const [top, ...schema] = await rowsOf(
    `SELECT name, type, num_children, repetition_type FROM parquet_schema(${file}) LIMIT ${limits.maxColumns + 2}`,
  );
  if (Number(top?.[2]) > limits.maxColumns || schema.length > limits.maxColumns)
    throw limit(`the file has more than ${limits.maxColumns} columns`);
  for (const [at, [name, , children, repetition]] of schema.entries())
    if (children !== null || repetition === "REPEATED")
      throw new IngestRefusal({
        code: "CATALOG_FILE_HEADER",
        column: columns.find((column) => column.name === name)?.name,
        reason: `column ${at + 1} of the file is nested; a governed table is flat`,
      });
  // The engine gives the second of two like-named columns another name: what it says goes by place.
  const described = await rowsOf(`DESCRIBE SELECT * FROM read_parquet(${file}, hive_partitioning=false)`);
  if (described.length !== schema.length) throw unreadable("the footer is read in two ways");
  return {
    rows,
    columns: schema.map(([name, physical], at) => ({
      name: String(name),
      physical: String(physical),
      found: String(described[at]?.[1]),
    })),
  };
}

/** Places and sizes of the columns' chunks: a reader may go by any of them, so all must hold. */
async function checkChunks(
  rowsOf: (sql: string) => Promise<readonly Row[]>,
  file: string,
  bytes: number,
  { rows, groups }: { readonly rows: number; readonly groups: number },
): Promise<void> {
  const inFile = (offset: string): string => `${offset} BETWEEN 4 AND ${bytes - 12}`;
  const sound = [
    "row_group_num_rows > 0 AND num_values = row_group_num_rows",
    inFile("data_page_offset"),
    `(dictionary_page_offset IS NULL OR ${inFile("dictionary_page_offset")})`,
    `total_compressed_size BETWEEN 1 AND ${bytes}`,
    "total_uncompressed_size >= 0",
  ];
  const [counts] = await rowsOf(
    `SELECT count(DISTINCT row_group_id), count(*) FILTER (NOT coalesce(${sound.join(" AND ")}, false)), ` +
      `(SELECT sum(n) FROM (SELECT any_value(row_group_num_rows) AS n FROM parquet_metadata(${file}) GROUP BY row_group_id)) ` +
      `FROM parquet_metadata(${file})`,
  );
  const [found, unsound, total] = (counts ?? []).map(Number);
  if (found !== groups || unsound !== 0 || total !== rows) throw unreadable("the footer contradicts itself or the file");
}
