import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import type { CsvFormat, IngestChecked, IngestCommand, IngestDone, IngestRefused } from "../ingest-messages.ts";
import type { Sampled } from "../sample-messages.ts";
import { quoteText } from "../sql-text.ts";
import { createCsvReader } from "./csv-reader.ts";
import { createCsvSample } from "./csv-sample.ts";
import { checkShape, checkValues, convertParquet } from "./duckdb-parquet.ts";
import { receiveParquet } from "./duckdb-parquet-footer.ts";
import { createParts } from "./duckdb-parts.ts";
import { findRepeats, measureProfile, type PartFile, type RowPlace } from "./duckdb-profile.ts";
import { sampleParquet } from "./duckdb-sample.ts";
import { problemOfError } from "./ingest-refusal.ts";
import { createProblemList, type ProblemList } from "./problem-list.ts";
import { openRoleChannel } from "./role-channel.ts";

// Role `ingest`: reads one hostile file. It holds no key, reaches no network, and writes into a
// folder of its own; the trusted side takes the outcome from there or throws everything away.

const maxFrameBytes = 16 * 1024 * 1024;

/** Whatever of the optimiser believes a Parquet footer. */
const untrustedStatistics =
  "statistics_propagation,filter_pushdown,row_group_pruner,join_filter_pushdown,compressed_materialization";

async function openEngine(command: IngestCommand, threads: number): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(":memory:", {
    threads: String(threads),
    memory_limit: `${Math.floor(command.memoryBytes / 1024)}KiB`,
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  const connection = await instance.connect();
  await connection.run("SET temp_directory=''");
  // A hostile file's statistics lie: with them the optimiser would find that no value can break a rule.
  await connection.run(`SET disabled_optimizers=${quoteText(untrustedStatistics)}`);
  // Its files lie in memory already.
  await connection.run("SET enable_external_file_cache=false");
  const folders = new Set([command.output, command.temporary, ...command.base.files.map((file) => dirname(file))]);
  await connection.run(`SET allowed_directories=[${[...folders].map((folder) => quoteText(`${folder}/`)).join(", ")}]`);
  await connection.run("SET enable_external_access=false");
  await connection.run("SET lock_configuration=true");
  return connection;
}

/** A file as Parquet parts in the output folder; none where there are problems. */
interface Read {
  readonly rows: number;
  readonly parts: readonly PartFile[];
  readonly placeOf: (row: number) => RowPlace;
}

async function readCsv(
  connection: DuckDBConnection,
  command: IngestCommand,
  { charset }: CsvFormat,
  problems: ProblemList,
): Promise<Read> {
  const { columns: declared, limits, base } = command;
  const reader = createCsvReader({ declared, charset, limits, rowsBefore: base.rows, problems });
  const parts = createParts(connection, command, reader);
  for (let isLast = false; !isLast && !problems.isClosed(); ) {
    const frame = await channel.receive();
    isLast = frame.kind === "end";
    const piece = isLast ? reader.finish() : reader.push(frame.payload);
    // After a problem the rest is only read for further ones.
    if (problems.found.length === 0) await parts.add(piece.bytes, piece.rows);
  }
  const done = problems.found.length === 0 ? await parts.finish() : [];
  const spansLines = reader.spansLines();
  return { rows: reader.rows(), parts: done, placeOf: (row) => (spansLines ? {} : { line: row + 2 }) };
}

async function readParquet(connection: DuckDBConnection, command: IngestCommand, problems: ProblemList): Promise<Read> {
  const placeOf = (row: number): RowPlace => ({ row: row + 1 });
  const file = await receiveParquet(channel, command);
  const shape = await checkShape(connection, file, command, problems);
  if (shape === undefined) return { rows: 0, parts: [], placeOf };
  const unpacked = await checkValues(connection, file, shape, command, problems);
  const { rows } = shape;
  if (problems.found.length > 0 || rows === 0) return { rows, parts: [], placeOf };
  return { rows, parts: await convertParquet(await openEngine(command, 1), file, shape, unpacked, command), placeOf };
}

async function ingest(command: IngestCommand): Promise<IngestDone | IngestChecked | IngestRefused> {
  mkdirSync(command.temporary, { recursive: true, mode: 0o700 });
  const connection = await openEngine(command, command.threads);
  const problems = createProblemList(command.maxProblems);
  const { format } = command;
  const read =
    format.kind === "csv"
      ? await readCsv(connection, command, format, problems)
      : await readParquet(connection, command, problems);
  if (problems.found.length === 0 && read.parts.length === 0)
    problems.end({ code: "CATALOG_FILE_ROW", reason: "the file holds no rows" });
  if (problems.found.length === 0) await findRepeats(connection, { ...command, ...read }, problems);
  const profile = problems.found.length === 0 ? await measureProfile(connection, { ...command, ...read }) : undefined;
  const [first] = problems.found;
  if (command.task === "check") return { kind: "checked", rows: read.rows, problems: problems.found, profile };
  if (profile === undefined) return { kind: "refused", ...(first ?? problemOfError(undefined)) };
  return { kind: "ingested", files: read.parts.map(({ file }) => file), profile };
}

async function sample(command: IngestCommand): Promise<Sampled> {
  const { format, limits } = command;
  if (format.kind === "parquet") {
    mkdirSync(command.temporary, { recursive: true, mode: 0o700 });
    const maxParquetBytes = Math.min(limits.maxSampleBytes, limits.maxParquetBytes);
    const file = await receiveParquet(channel, { ...command, limits: { ...limits, maxParquetBytes } });
    return sampleParquet(await openEngine(command, command.threads), file, command);
  }
  const reader = createCsvSample(format, limits);
  for (let frame = await channel.receive(); frame.kind !== "end"; frame = await channel.receive()) reader.push(frame.payload);
  return reader.finish();
}

const channel = openRoleChannel(maxFrameBytes);
channel.send({ kind: "ready" });
const command = (await channel.receiveJson()) as IngestCommand;
const outcome = command.task === "sample" ? sample(command) : ingest(command);
channel.send(await outcome.catch((error: unknown) => ({ kind: "refused", ...problemOfError(error) })));
// Stays until the trusted side has seen the answer and ends the process.
await channel.receive();
