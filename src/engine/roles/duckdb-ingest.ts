import { closeSync, mkdirSync, openSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import type { IngestCommand, IngestDone, IngestRefused } from "../ingest-messages.ts";
import { quoteIdentifier, quoteText } from "../sql-text.ts";
import { type CsvReader, createCsvReader } from "./csv-reader.ts";
import { measureProfile, type PartFile } from "./duckdb-profile.ts";
import { openRoleChannel } from "./role-channel.ts";

// Role `ingest`: reads one hostile file. It holds no key, reaches no network, and writes into a
// folder of its own; the trusted side takes the outcome from there or throws everything away.

const maxFrameBytes = 16 * 1024 * 1024;

class Refusal extends Error {
  readonly refused: IngestRefused;

  constructor(refused: IngestRefused) {
    super(refused.code);
    this.refused = refused;
  }
}

async function openEngine(command: IngestCommand): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(":memory:", {
    threads: String(command.threads),
    memory_limit: `${Math.floor(command.memoryBytes / 1024)}KiB`,
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  const connection = await instance.connect();
  await connection.run("SET temp_directory=''");
  await connection.run(`SET allowed_directories=[${quoteText(`${command.output}/`)}, ${quoteText(`${command.temporary}/`)}]`);
  await connection.run("SET enable_external_access=false");
  await connection.run("SET lock_configuration=true");
  return connection;
}

/** Text of one block of records in the private temporary folder, then as one Parquet file. */
interface Block {
  readonly path: string;
  readonly descriptor: number;
  bytes: number;
  rows: number;
}

/**
 * Cuts the stream into blocks and turns one into Parquet while the next is read: memory stays
 * flat, and a version is a set of small files.
 */
function createParts(connection: DuckDBConnection, command: IngestCommand, reader: CsvReader) {
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
      throw new Refusal({
        kind: "refused",
        code: "CATALOG_FILE_UNREADABLE",
        reason: "two readers of the file count different rows",
      });
    parts.push({ file, rows: source.rows });
  }

  async function close(): Promise<void> {
    if (block === undefined) return;
    const whole = block;
    block = undefined;
    closeSync(whole.descriptor);
    await converting;
    converting = convert(whole, `part-${String(count++).padStart(5, "0")}.parquet`);
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

async function ingest(command: IngestCommand): Promise<IngestDone | IngestRefused> {
  mkdirSync(command.temporary, { recursive: true, mode: 0o700 });
  const connection = await openEngine(command);
  const reader = createCsvReader(command.columns, command.limits);
  const parts = createParts(connection, command, reader);
  for (;;) {
    const frame = await channel.receive();
    const piece = frame.kind === "end" ? reader.finish() : reader.push(frame.payload);
    if ("kind" in piece) return piece;
    await parts.add(piece.bytes, piece.rows);
    if (frame.kind === "end") break;
  }
  const files = await parts.finish();
  if (files.length === 0) return { kind: "refused", code: "CATALOG_FILE_ROW", reason: "the file holds a header but no rows" };
  const profile = await measureProfile(connection, {
    ...command,
    files,
    lineOfRow: reader.spansLines() ? undefined : (row) => row + 2,
  });
  return "kind" in profile ? profile : { kind: "ingested", files: files.map(({ file }) => file), profile };
}

/** The engine's words may hold values of the file; only the class of the failure leaves. */
function refusalOf(error: unknown): IngestRefused {
  if (error instanceof Refusal) return error.refused;
  const text = error instanceof Error ? error.message : "";
  if (/No space left|ENOSPC/.test(text)) return { kind: "refused", code: "CATALOG_DISK_FULL", reason: "the disk is full" };
  if (text.startsWith("Out of Memory"))
    return { kind: "refused", code: "CATALOG_FILE_LIMIT", reason: "the file needs more memory than an upload may use" };
  return { kind: "refused", code: "CATALOG_FILE_UNREADABLE", reason: "the engine cannot read the file as declared" };
}

const channel = openRoleChannel(maxFrameBytes);
channel.send({ kind: "ready" });
const command = (await channel.receiveJson()) as IngestCommand;
channel.send(await ingest(command).catch(refusalOf));
// Stays until the trusted side has seen the answer and ends the process.
await channel.receive();
