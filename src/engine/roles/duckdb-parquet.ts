import { renameSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { parseColumnType } from "../column-type.ts";
import type { IngestColumn, IngestCommand, IngestProblem } from "../ingest-messages.ts";
import { quoteIdentifier, quoteText } from "../sql-text.ts";
import { limit, type ParquetFile, readFooter, unreadable } from "./duckdb-parquet-footer.ts";
import { partName } from "./duckdb-parts.ts";
import type { PartFile } from "./duckdb-profile.ts";
import { IngestRefusal, problemOfError } from "./ingest-refusal.ts";
import { fixedBytes, mapParquetColumn, type ParquetMapping } from "./parquet-types.ts";
import type { ProblemList } from "./problem-list.ts";

/** Files smaller than this may hold anything their rows allow: a ratio of little says little. */
const expansionFloorBytes = 64 * 1024 * 1024;

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

/** The footer held to the declaration. */
export async function checkShape(
  connection: DuckDBConnection,
  file: ParquetFile,
  command: IngestCommand,
  problems: ProblemList,
): Promise<Shape | undefined> {
  const { rows, columns: stored } = await readFooter(connection, file, command);
  const header = (reason: string, column?: string): void => problems.add({ code: "CATALOG_FILE_HEADER", column, reason });
  const expected = command.columns.map(({ name }) => name).join(", ");
  for (const [at, { name }] of stored.entries()) {
    if (!command.columns.some((column) => column.name === name))
      header(`column ${at + 1} of the file is no declared column; expected ${expected}`);
    else if (stored.slice(0, at).some((other) => other.name === name)) header("the file names this column twice", name);
  }
  const columns: FileColumn[] = [];
  for (const declared of command.columns) {
    const column = stored.find(({ name }) => name === declared.name);
    const type = parseColumnType(declared.type);
    if (column === undefined || type === undefined) {
      header("the file lacks this declared column", declared.name);
      continue;
    }
    const mapping = mapParquetColumn(type, column.found, column.physical, quoteIdentifier(declared.name));
    if (mapping.kind === "mapped") columns.push({ declared, found: column.found, mapping });
    else
      header(
        `the column's type in the file does not become ${type.sql} without loss; write it as ${mapping.instead}`,
        declared.name,
      );
  }
  checkExpansion(rows * columns.reduce((sum, { found }) => sum + fixedBytes(found), 0), file.bytes, command);
  return problems.found.length > 0 ? undefined : { rows, columns };
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
