import { closeSync, openSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { IngestCommand } from "../ingest-messages.ts";
import { quoteIdentifier, quoteText } from "../sql-text.ts";
import type { CsvReader } from "./csv-reader.ts";
import type { PartFile } from "./duckdb-profile.ts";
import { IngestRefusal } from "./ingest-refusal.ts";

/** Text of one block of records in the private temporary folder, then as one Parquet file. */
interface Block {
  readonly path: string;
  readonly descriptor: number;
  bytes: number;
  rows: number;
}

export const partName = (at: number): string => `part-${String(at).padStart(5, "0")}.parquet`;

/**
 * Cuts the stream into blocks and turns one into Parquet while the next is read: memory stays
 * flat, and a version is a set of small files.
 */
export function createParts(connection: DuckDBConnection, command: IngestCommand, reader: CsvReader) {
  const parts: PartFile[] = [];
  let block: Block | undefined;
  let count = 0;
  let converting: Promise<void> = Promise.resolve();

  async function convert(source: Block, file: string): Promise<void> {
    const types = new Map(command.columns.map((column) => [column.name, column.type]));
    const columns = reader.columns().map(({ name }) => `${quoteText(name)}: ${quoteText(types.get(name) ?? "VARCHAR")}`);
    // DuckDB 1.5.6 in strict mode reads no CRLF file when told that its lines end so, and every one when not told.
    const end = reader.lineEnd() === "\n" ? "new_line='\\n', " : "";
    const names = command.columns.map(({ name }) => quoteIdentifier(name)).join(", ");
    const output = join(command.output, file);
    await connection.run(
      `COPY (SELECT ${names} FROM read_csv(${quoteText(source.path)}, auto_detect=false, header=false, delim=',', quote='"', escape='"', ` +
        `${end}columns={${columns.join(", ")}}, nullstr='', allow_quoted_nulls=false, strict_mode=true, ` +
        `max_line_size=${command.limits.maxLineBytes + 2})) TO ${quoteText(output)} (FORMAT parquet, COMPRESSION zstd)`,
    );
    unlinkSync(source.path);
    const counted = await connection.runAndReadAll(`SELECT count(*) FROM read_parquet(${quoteText(output)})`);
    if (counted.getRows()[0]?.[0] !== BigInt(source.rows))
      throw new IngestRefusal({ code: "CATALOG_FILE_UNREADABLE", reason: "two readers of the file count different rows" });
    parts.push({ file, rows: source.rows });
  }

  async function close(): Promise<void> {
    if (block === undefined) return;
    const whole = block;
    block = undefined;
    closeSync(whole.descriptor);
    await converting;
    converting = convert(whole, partName(count++));
    // Observed at the next block or at the end; until then it may not count as unhandled.
    converting.catch(() => undefined);
  }

  return {
    async add(bytes: Buffer, rows: number): Promise<void> {
      if (rows === 0) return;
      if (block === undefined) {
        const path = join(command.temporary, `block-${count}.csv`);
        block = { path, descriptor: openSync(path, "wx", 0o600), bytes: 0, rows: 0 };
      }
      for (let at = 0; at < bytes.length; ) at += writeSync(block.descriptor, bytes, at);
      block.bytes += bytes.length;
      block.rows += rows;
      if (block.bytes >= command.blockBytes) await close();
    },
    async finish(): Promise<readonly PartFile[]> {
      await close();
      await converting;
      return parts;
    },
  };
}
