import { closeSync, openSync, readSync, renameSync, rmdirSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { parseColumnType } from "../column-type.ts";
import type { IngestColumn, IngestCommand, IngestProblem } from "../ingest-messages.ts";
import { quoteIdentifier, quoteText } from "../sql-text.ts";
import { partName } from "./duckdb-parts.ts";
import type { PartFile } from "./duckdb-profile.ts";
import { IngestRefusal, problemOfError } from "./ingest-refusal.ts";
import { fixedBytes, mapParquetColumn, type ParquetMapping } from "./parquet-types.ts";
import type { ProblemList } from "./problem-list.ts";
import type { RoleChannel } from "./role-channel.ts";

/** Files smaller than this may hold anything their rows allow: a ratio of little says little. */
const expansionFloorBytes = 64 * 1024 * 1024;
const maxFooterBytes = 16 * 1024 * 1024;
const magic = "PAR1";

const limit = (reason: string): IngestRefusal => new IngestRefusal({ code: "CATALOG_FILE_LIMIT", reason });
const unreadable = (reason: string): IngestRefusal => new IngestRefusal({ code: "CATALOG_FILE_UNREADABLE", reason });

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

/** A declared column as the file holds it. */
interface FileColumn {
  readonly declared: IngestColumn;
  readonly found: string;
  readonly mapping: Extract<ParquetMapping, { kind: "mapped" }>;
}

interface Shape {
  readonly rows: number;
  readonly columns: readonly FileColumn[];
}

type Row = readonly unknown[];

/** What the footer says, held to the declaration and the limits. The data are not read yet. */
export async function checkShape(
  connection: DuckDBConnection,
  { path, bytes }: ParquetFile,
  command: IngestCommand,
  problems: ProblemList,
): Promise<Shape | undefined> {
  const { limits } = command;
  const file = quoteText(path);
  const rowsOf = async (sql: string): Promise<readonly Row[]> => (await connection.runAndReadAll(sql)).getRows();
  const header = (reason: string, column?: string): void => problems.add({ code: "CATALOG_FILE_HEADER", column, reason });

  const [about] = await rowsOf(
    `SELECT num_rows, num_row_groups, encryption_algorithm IS NOT NULL FROM parquet_file_metadata(${file})`,
  );
  const [rows, groups] = [Number(about?.[0]), Number(about?.[1])];
  if (about?.[2] === true) throw unreadable("columns of the file are encrypted; hand it in decrypted");
  if (groups > limits.maxRowGroups) throw limit(`the file has more than ${limits.maxRowGroups} row groups`);
  if (command.base.rows + rows > limits.maxRows) throw limit(`the version would have more than ${limits.maxRows} rows`);

  await checkChunks(rowsOf, file, bytes, { rows, groups });

  const [top, ...schema] = await rowsOf(
    `SELECT name, type, num_children, repetition_type FROM parquet_schema(${file}) LIMIT ${limits.maxColumns + 2}`,
  );
  if (Number(top?.[2]) > limits.maxColumns || schema.length > limits.maxColumns)
    throw limit(`the file has more than ${limits.maxColumns} columns`);
  for (const [at, [name, , children, repetition]] of schema.entries())
    if (children !== null || repetition === "REPEATED") {
      const declared = command.columns.find((column) => column.name === name)?.name;
      throw new IngestRefusal({
        code: "CATALOG_FILE_HEADER",
        column: declared,
        reason: `column ${at + 1} of the file is nested; a governed table is flat`,
      });
    }

  const expected = command.columns.map(({ name }) => name).join(", ");
  const physical = new Map(schema.map(([name, type]) => [String(name), String(type)]));
  for (const [at, [name]] of schema.entries()) {
    if (!command.columns.some((column) => column.name === name))
      header(`column ${at + 1} of the file is no declared column; expected ${expected}`);
    else if (schema.slice(0, at).some(([other]) => other === name)) header("the file names this column twice", String(name));
  }
  for (const { name } of command.columns) if (!physical.has(name)) header("the file lacks this declared column", name);
  if (problems.found.length > 0) return undefined;

  const described = await rowsOf(`DESCRIBE SELECT * FROM read_parquet(${file}, hive_partitioning=false)`);
  const types = new Map(described.map(([name, type]) => [String(name), String(type)]));
  const columns: FileColumn[] = [];
  for (const declared of command.columns) {
    const type = parseColumnType(declared.type);
    const found = types.get(declared.name);
    if (type === undefined || found === undefined) throw unreadable("the file names its columns in two ways");
    const mapping = mapParquetColumn(type, found, physical.get(declared.name) ?? "", quoteIdentifier(declared.name));
    if (mapping.kind === "mapped") columns.push({ declared, found, mapping });
    else
      problems.add({
        code: "CATALOG_FILE_HEADER",
        column: declared.name,
        reason: `the column's type in the file does not become ${type.sql} without loss; write it as ${mapping.instead}`,
      });
  }
  const fixed = rows * columns.reduce((sum, { found }) => sum + fixedBytes(found), 0);
  checkExpansion(fixed, bytes, command);
  return problems.found.length > 0 ? undefined : { rows, columns };
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

function checkExpansion(unpacked: number, bytes: number, { limits }: IngestCommand): void {
  if (unpacked > limits.maxBytes) throw limit(`the file unpacks to more than ${limits.maxBytes} bytes`);
  if (unpacked > Math.max(expansionFloorBytes, bytes * limits.maxExpansion))
    throw limit(`the file unpacks to more than ${limits.maxExpansion} times its size`);
}

interface Rule {
  readonly bad: string;
  readonly problem: Omit<IngestProblem, "row">;
}

function rulesOf({ declared, found, mapping }: FileColumn, { limits }: IngestCommand): readonly Rule[] {
  const column = declared.name;
  const name = quoteIdentifier(column);
  const rules: Rule[] = [];
  if (!declared.nullable)
    rules.push({ bad: `${name} IS NULL`, problem: { code: "CATALOG_FILE_NULL", column, reason: "the value is missing" } });
  if (found === "VARCHAR")
    rules.push({
      bad: `strlen(${name}) > ${limits.maxFieldBytes}`,
      problem: { code: "CATALOG_FILE_LIMIT", column, reason: `the value has more than ${limits.maxFieldBytes} bytes` },
    });
  if (mapping.bad !== undefined)
    rules.push({
      bad: mapping.bad,
      problem: { code: "CATALOG_FILE_VALUE", column, reason: `the value is not ${mapping.expected}` },
    });
  return rules;
}

/** Reads every value once, keeping none: which rows break a rule, and how many bytes there are (the answer). */
export async function checkValues(
  connection: DuckDBConnection,
  { path, bytes }: ParquetFile,
  { rows, columns }: Shape,
  command: IngestCommand,
  problems: ProblemList,
): Promise<number> {
  const source = `read_parquet(${quoteText(path)}, hive_partitioning=false, file_row_number=true)`;
  const rules = columns.flatMap((column) => rulesOf(column, command));
  const texts = columns.filter(({ found }) => found === "VARCHAR").map(({ declared }) => quoteIdentifier(declared.name));
  const textBytes = texts.length === 0 ? "0" : texts.map((name) => `coalesce(sum(strlen(${name})), 0)`).join(" + ");
  const counts = rules.map(({ bad }) => `count(*) FILTER (${bad})`);
  // One column at a time where the whole fails: only then can it be said which holds bytes that are no UTF-8.
  const [totals = []] = await connection
    .runAndReadAll(`SELECT ${["count(*)", textBytes, ...counts].join(", ")} FROM ${source}`)
    .then((answer): readonly Row[] => answer.getRows())
    .catch(async (error: unknown) => {
      throw (await encodingProblem(connection, source, columns)) ?? error;
    });
  if (Number(totals[0]) !== rows) throw unreadable("the file holds other rows than its footer says");
  const fixed = rows * columns.reduce((sum, { found }) => sum + fixedBytes(found), 0);
  const unpacked = fixed + Number(totals[1]);
  checkExpansion(unpacked, bytes, command);

  const found: IngestProblem[] = [];
  for (const [at, { bad, problem }] of rules.entries()) {
    if (Number(totals[2 + at]) === 0) continue;
    const places = await connection.runAndReadAll(
      `SELECT file_row_number FROM ${source} WHERE ${bad} ORDER BY file_row_number LIMIT ${command.maxProblems}`,
    );
    for (const [place] of places.getRows()) found.push({ ...problem, row: Number(place) + 1 });
  }
  found.sort((one, other) => (one.row ?? 0) - (other.row ?? 0));
  for (const problem of found) problems.add(problem);
  return unpacked;
}

/** The engine checks text as it decodes it, and stops at the first that is no UTF-8. */
async function encodingProblem(
  connection: DuckDBConnection,
  source: string,
  columns: readonly FileColumn[],
): Promise<IngestRefusal | undefined> {
  for (const { declared, found } of columns) {
    if (found !== "VARCHAR") continue;
    try {
      await connection.run(`SELECT max(strlen(${quoteIdentifier(declared.name)})) FROM ${source}`);
    } catch (error) {
      const isEncoding = error instanceof Error && /Invalid string encoding|not valid UTF-?8/i.test(error.message);
      const problem = isEncoding
        ? ({ code: "CATALOG_FILE_ENCODING", reason: "a value is not UTF-8" } as const)
        : problemOfError(error);
      return new IngestRefusal({ ...problem, column: declared.name });
    }
  }
  return undefined;
}

/**
 * Writes the columns as declared, as a set of small files in row order: `connection` must run one
 * thread only, or the files would share out the rows at random.
 */
export async function convertParquet(
  connection: DuckDBConnection,
  { path }: ParquetFile,
  { rows, columns }: Shape,
  unpackedBytes: number,
  command: IngestCommand,
): Promise<readonly PartFile[]> {
  // The engine holds a row group before it writes it.
  const groupRows = Math.max(2048, Math.min(122_880, Math.floor((command.blockBytes * rows) / Math.max(1, unpackedBytes))));
  const list = columns.map(({ declared }) => {
    const name = quoteIdentifier(declared.name);
    return `CAST(${name} AS ${parseColumnType(declared.type)?.sql ?? "VARCHAR"}) AS ${name}`;
  });
  const folder = join(command.output, "written");
  await connection.run(
    `COPY (SELECT ${list.join(", ")} FROM read_parquet(${quoteText(path)}, hive_partitioning=false)) TO ${quoteText(folder)} ` +
      `(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${groupRows}, FILE_SIZE_BYTES ${command.blockBytes / 2}, FILENAME_PATTERN 'raw-{i}')`,
  );
  const counted = await connection.runAndReadAll(
    `SELECT file_name, num_rows FROM parquet_file_metadata(${quoteText(join(folder, "raw-*.parquet"))})`,
  );
  const numbered = counted.getRows().map(([name, count]) => {
    const file = String(name);
    return { file, at: Number(/raw-(\d+)\.parquet$/.exec(file)?.[1]), rows: Number(count) };
  });
  const parts = numbered
    .sort((one, other) => one.at - other.at)
    .map(({ file, rows: count }, at) => {
      const part = partName(at);
      renameSync(file, join(command.output, part));
      return { file: part, rows: count };
    });
  rmdirSync(folder);
  if (parts.reduce((sum, part) => sum + part.rows, 0) !== rows) throw unreadable("two readings of the file count different rows");
  return parts;
}
