import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { parseColumnType } from "../column-type.ts";
import type { ColumnProfile, IngestColumn, IngestRefused, IngestSubject, Profile } from "../ingest-messages.ts";
import { quoteIdentifier, quoteText } from "../sql-text.ts";

export interface PartFile {
  readonly file: string;
  readonly rows: number;
}

interface ProfileInput {
  readonly columns: readonly IngestColumn[];
  readonly subjects: readonly IngestSubject[];
  readonly output: string;
  readonly files: readonly PartFile[];
  /** Line of the file for a row (from 0), where quoted line ends do not blur it. */
  readonly lineOfRow: ((row: number) => number) | undefined;
}

type Row = readonly unknown[];

/** Up to about so many distinct values they are counted exactly; beyond, that would cost memory without bound. */
const exactDistinct = 10_000;

/** Statistics of the load, or the refusal of a key that is declared unique and is not. */
export async function measureProfile(connection: DuckDBConnection, input: ProfileInput): Promise<Profile | IngestRefused> {
  const rowsOf = async (sql: string): Promise<readonly Row[]> => (await connection.runAndReadAll(sql)).getRows();
  const firstRow = async (sql: string): Promise<Row> => (await rowsOf(sql))[0] ?? [];
  const list = input.files.map(({ file }) => quoteText(join(input.output, file))).join(", ");
  const source = `read_parquet([${list}])`;

  for (const { column, unique } of input.subjects) {
    const repeated = unique ? await firstRepeat(rowsOf, input, column) : undefined;
    if (repeated !== undefined) return repeated;
  }

  const owners: Record<string, number> = {};
  const greatestRowsPerOwner: Record<string, number> = {};
  for (const kind of new Set(input.subjects.map((subject) => subject.kind))) {
    const keys = input.subjects
      .filter((subject) => subject.kind === kind)
      .map(({ column }) => `SELECT CAST(${quoteIdentifier(column)} AS VARCHAR) AS k FROM ${source}`);
    const [distinct, greatest] = await firstRow(
      `SELECT count(*), coalesce(max(n), 0) FROM (SELECT k, count(*) AS n FROM (${keys.join(" UNION ALL ")}) WHERE k IS NOT NULL GROUP BY k)`,
    );
    owners[kind] = Number(distinct);
    greatestRowsPerOwner[kind] = Number(greatest);
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

async function firstRepeat(
  rowsOf: (sql: string) => Promise<readonly Row[]>,
  input: ProfileInput,
  column: string,
): Promise<IngestRefused | undefined> {
  let before = 0;
  const numbered = input.files.map(({ file, rows }) => {
    const part = `SELECT ${quoteIdentifier(column)} AS k, file_row_number + ${before} AS place FROM read_parquet(${quoteText(join(input.output, file))}, file_row_number=true)`;
    before += rows;
    return part;
  });
  // The first row whose key stood before, and where it stood.
  const [first] = await rowsOf(
    `WITH numbered AS (${numbered.join(" UNION ALL ")}), repeated AS (SELECT k, min(place) AS earliest FROM numbered WHERE k IS NOT NULL GROUP BY k HAVING count(*) > 1) ` +
      `SELECT min(numbered.place), arg_min(repeated.earliest, numbered.place) FROM numbered JOIN repeated USING (k) WHERE numbered.place > repeated.earliest`,
  );
  if (typeof first?.[0] !== "bigint") return undefined;
  const [again, earlier] = [Number(first[0]), Number(first[1])];
  const { lineOfRow } = input;
  if (lineOfRow === undefined)
    return {
      kind: "refused",
      code: "CATALOG_FILE_NOT_UNIQUE",
      column,
      reason: `row ${again + 1} repeats the key of row ${earlier + 1}`,
    };
  return {
    kind: "refused",
    code: "CATALOG_FILE_NOT_UNIQUE",
    line: lineOfRow(again),
    column,
    reason: `the key is declared unique and stood in line ${lineOfRow(earlier)}`,
  };
}
