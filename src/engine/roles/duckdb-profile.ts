import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { parseColumnType } from "../column-type.ts";
import type { ColumnProfile, IngestColumn, IngestCommand, IngestProblem, IngestSubject, Profile } from "../ingest-messages.ts";
import { quoteIdentifier, quoteText } from "../sql-text.ts";
import type { ProblemList } from "./problem-list.ts";

export interface PartFile {
  readonly file: string;
  readonly rows: number;
}

export interface ProfileInput {
  readonly columns: readonly IngestColumn[];
  readonly subjects: readonly IngestSubject[];
  readonly keys: IngestCommand["keys"];
  readonly output: string;
  readonly parts: readonly PartFile[];
  /** What these parts are appended to. */
  readonly base: { readonly files: readonly string[]; readonly rows: number };
  /** Where a row (from 0) stands in the file. */
  readonly placeOf: (row: number) => RowPlace;
}

/** A line, where quoted line ends do not blur it; a row, where the file has no lines. */
export type RowPlace = Pick<IngestProblem, "line" | "row">;

type Row = readonly unknown[];

/** Up to about so many distinct values they are counted exactly; beyond, that would cost memory without bound. */
const exactDistinct = 10_000;

/**
 * Keys grouped in one pass: a hash table of about so many entries. Larger tables are grouped slice by
 * slice of the keys' hash, so that memory does not grow with the file.
 */
const keysOfOnePass = 4_000_000;

/** Repeated keys told of one slice; the list of problems has its own bound. */
const mostTold = 100;

async function rowsOf(connection: DuckDBConnection, sql: string): Promise<readonly Row[]> {
  return (await connection.runAndReadAll(sql)).getRows();
}

function totalRows({ parts, base }: ProfileInput): number {
  return parts.reduce((sum, { rows }) => sum + rows, base.rows);
}

function listFiles({ parts, base, output }: ProfileInput): string {
  return [...base.files, ...parts.map(({ file }) => join(output, file))].map(quoteText).join(", ");
}

/** One condition on `k` for each slice; each key falls into exactly one. */
function slicesOf(keys: number): readonly string[] {
  const count = Math.max(1, Math.ceil(keys / keysOfOnePass));
  return Array.from({ length: count }, (_, at) => (count === 1 ? "true" : `hash(k) % ${count} = ${at}`));
}

/** Statistics of the whole version: what it is appended to, and the new parts. */
export async function measureProfile(connection: DuckDBConnection, input: ProfileInput): Promise<Profile> {
  const firstRow = async (sql: string): Promise<Row> => (await rowsOf(connection, sql))[0] ?? [];
  const source = `read_parquet([${listFiles(input)}])`;

  const owners: Record<string, number> = {};
  const greatestRowsPerOwner: Record<string, number> = {};
  for (const kind of new Set(input.subjects.map((subject) => subject.kind))) {
    const keys = input.subjects
      .filter((subject) => subject.kind === kind)
      .map(({ column }) => `SELECT CAST(${quoteIdentifier(column)} AS VARCHAR) AS k FROM ${source}`);
    let [distinct, greatest] = [0, 0];
    for (const slice of slicesOf(totalRows(input) * keys.length)) {
      const [count, most] = await firstRow(
        `SELECT count(*), coalesce(max(n), 0) FROM (SELECT k, count(*) AS n FROM (${keys.join(" UNION ALL ")}) WHERE k IS NOT NULL AND ${slice} GROUP BY k)`,
      );
      distinct += Number(count);
      greatest = Math.max(greatest, Number(most));
    }
    owners[kind] = distinct;
    greatestRowsPerOwner[kind] = greatest;
  }

  const measured = input.columns.flatMap((column) => {
    const name = quoteIdentifier(column.name);
    return [`count(*) - count(${name})`, `approx_count_distinct(${name})`, greatestOf(column, name)];
  });
  const [rows, ...figures] = await firstRow(`SELECT count(*), ${measured.join(", ")} FROM ${source}`);
  const few = input.columns.filter((_, at) => Number(figures[3 * at + 1]) <= exactDistinct);
  const exact = await firstRow(
    `SELECT count(*), ${few.map(({ name }) => `count(DISTINCT ${quoteIdentifier(name)})`).join(", ")} FROM ${source}`,
  );
  const counted = new Map(few.map(({ name }, at) => [name, Number(exact[at + 1])]));
  const columns: Record<string, ColumnProfile> = {};
  for (const [at, { name }] of input.columns.entries()) {
    const [nulls, distinct, greatest] = figures.slice(3 * at, 3 * at + 3);
    columns[name] = {
      nulls: Number(nulls),
      distinct: counted.get(name) ?? Number(distinct),
      ...(typeof greatest === "string" ? { greatestAbs: greatest } : {}),
    };
  }
  return { rows: Number(rows), owners, greatestRowsPerOwner, columns };
}

/** SQL of the greatest |value|; the smallest BIGINT has no positive twin, hence HUGEINT. */
function greatestOf(column: IngestColumn, name: string): string {
  if (column.role !== "measure") return "NULL";
  const kind = parseColumnType(column.type)?.kind;
  if (kind === "integer") return `CAST(max(abs(CAST(${name} AS HUGEINT))) AS VARCHAR)`;
  if (kind === "decimal" || kind === "double") return `CAST(max(abs(${name})) AS VARCHAR)`;
  return "NULL";
}

/** Notes the rows whose key is declared unique and stood before, in this file or in what it is appended to. */
export async function findRepeats(connection: DuckDBConnection, input: ProfileInput, problems: ProblemList): Promise<void> {
  for (const { column, unique } of input.subjects) if (unique) await findRepeatsOf(connection, input, [column], problems);
  for (const key of input.keys) await findRepeatsOf(connection, input, key, problems);
}

async function findRepeatsOf(
  connection: DuckDBConnection,
  input: ProfileInput,
  columns: readonly string[],
  problems: ProblemList,
): Promise<void> {
  const names = columns.map(quoteIdentifier).join(", ");
  const key = columns.length === 1 ? names : `row(${names})`;
  // Rows of what is appended to come before row 0, at one place: nobody asks at which.
  const before = input.base.files.map((file) => `SELECT ${key} AS k, -1 AS place FROM read_parquet(${quoteText(file)})`);
  let rows = 0;
  const numbered = input.parts.map(({ file, rows: count }) => {
    const part = `SELECT ${key} AS k, file_row_number + ${rows} AS place FROM read_parquet(${quoteText(join(input.output, file))}, file_row_number=true)`;
    rows += count;
    return part;
  });
  const source = [...before, ...numbered].join(" UNION ALL ");
  const found: { again: number; earlier: number }[] = [];
  for (const slice of slicesOf(totalRows(input))) {
    const keys = `SELECT k, place FROM (${source}) WHERE k IS NOT NULL AND ${slice}`;
    // Cheap where all is well: whether any key repeats, before asking which rows do.
    const [any] = await rowsOf(connection, `SELECT count(*) - count(DISTINCT k) FROM (${keys})`);
    if (any?.[0] === 0n) continue;
    const repeats = await rowsOf(
      connection,
      // Read twice rather than held: a key may stand in every row.
      `WITH keys AS NOT MATERIALIZED (${keys}), repeated AS (SELECT k, min(place) AS earliest FROM keys GROUP BY k HAVING count(*) > 1) ` +
        `SELECT keys.place, repeated.earliest FROM keys JOIN repeated USING (k) WHERE keys.place > repeated.earliest ORDER BY keys.place LIMIT ${mostTold}`,
    );
    for (const [again, earlier] of repeats) found.push({ again: Number(again), earlier: Number(earlier) });
  }
  for (const { again, earlier } of found.sort((one, other) => one.again - other.again)) {
    const place = input.placeOf(again);
    const { line } = earlier < 0 ? {} : input.placeOf(earlier);
    const before =
      earlier < 0
        ? "stands in the version appended to"
        : `stood in ${line === undefined ? `row ${earlier + 1}` : `line ${line}`}`;
    const which = place.line === undefined ? `; this is row ${again + 1}` : "";
    problems.add({
      code: "CATALOG_FILE_NOT_UNIQUE",
      ...place,
      column: columns.length === 1 ? columns[0] : undefined,
      reason: `the key ${columns.length === 1 ? "" : `(${columns.join(", ")}) `}is declared unique and ${before}${which}`,
    });
  }
}
