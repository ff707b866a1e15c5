import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import type { IngestChecked, IngestCommand, IngestDone, IngestRefused } from "../ingest-messages.ts";
import { quoteText } from "../sql-text.ts";
import { createCsvReader } from "./csv-reader.ts";
import { createParts } from "./duckdb-parts.ts";
import { findRepeats, measureProfile, type PartFile } from "./duckdb-profile.ts";
import { problemOfError } from "./ingest-refusal.ts";
import { createProblemList, type ProblemList } from "./problem-list.ts";
import { openRoleChannel } from "./role-channel.ts";

// Role `ingest`: reads one hostile file. It holds no key, reaches no network, and writes into a
// folder of its own; the trusted side takes the outcome from there or throws everything away.

const maxFrameBytes = 16 * 1024 * 1024;

async function openEngine(command: IngestCommand): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(":memory:", {
    threads: String(command.threads),
    memory_limit: `${Math.floor(command.memoryBytes / 1024)}KiB`,
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  const connection = await instance.connect();
  await connection.run("SET temp_directory=''");
  const folders = new Set([command.output, command.temporary, ...command.base.files.map((file) => dirname(file))]);
  await connection.run(`SET allowed_directories=[${[...folders].map((folder) => quoteText(`${folder}/`)).join(", ")}]`);
  await connection.run("SET enable_external_access=false");
  await connection.run("SET lock_configuration=true");
  return connection;
}

/** A file as Parquet parts in the output folder, or problems. */
interface Read {
  readonly rows: number;
  readonly parts: readonly PartFile[];
  /** Line of the file for a row (from 0); undefined where rows have none. */
  readonly lineOfRow: ((row: number) => number) | undefined;
}

async function readCsv(connection: DuckDBConnection, command: IngestCommand, problems: ProblemList): Promise<Read> {
  const { columns: declared, limits, base } = command;
  const reader = createCsvReader({ declared, charset: command.format.charset, limits, rowsBefore: base.rows, problems });
  const parts = createParts(connection, command, reader);
  for (let isLast = false; !isLast && !problems.isClosed(); ) {
    const frame = await channel.receive();
    isLast = frame.kind === "end";
    const piece = isLast ? reader.finish() : reader.push(frame.payload);
    // After a problem the rest is only read for further ones.
    if (problems.found.length === 0) await parts.add(piece.bytes, piece.rows);
  }
  const done = problems.found.length === 0 ? await parts.finish() : [];
  const lineOfRow = reader.spansLines() ? undefined : (row: number) => row + 2;
  return { rows: reader.rows(), parts: done, lineOfRow };
}

async function ingest(command: IngestCommand): Promise<IngestDone | IngestChecked | IngestRefused> {
  mkdirSync(command.temporary, { recursive: true, mode: 0o700 });
  const connection = await openEngine(command);
  const problems = createProblemList(command.maxProblems);
  const read = await readCsv(connection, command, problems);
  if (problems.found.length === 0 && read.parts.length === 0)
    problems.end({ code: "CATALOG_FILE_ROW", reason: "the file holds no rows" });
  if (problems.found.length === 0) await findRepeats(connection, { ...command, ...read }, problems);
  const profile = problems.found.length === 0 ? await measureProfile(connection, { ...command, ...read }) : undefined;
  const [first] = problems.found;
  if (command.task === "check") return { kind: "checked", rows: read.rows, problems: problems.found, profile };
  if (profile === undefined) return { kind: "refused", ...(first ?? problemOfError(undefined)) };
  return { kind: "ingested", files: read.parts.map(({ file }) => file), profile };
}

const channel = openRoleChannel(maxFrameBytes);
channel.send({ kind: "ready" });
const command = (await channel.receiveJson()) as IngestCommand;
channel.send(await ingest(command).catch((error: unknown) => ({ kind: "refused", ...problemOfError(error) })));
// Stays until the trusted side has seen the answer and ends the process.
await channel.receive();
