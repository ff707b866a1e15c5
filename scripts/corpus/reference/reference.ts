import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { corpusTables, fileOf } from "../tables.ts";
import { copy, type Node, nodes, parseTree, Underivable } from "./ast.ts";
import { type CellRow, openBook } from "./book.ts";
import { ownerColumn, recordColumn } from "./relations.ts";
import { type Outermost, type RewriteContext, rewriteStatement } from "./rewrite.ts";

export type Rows = readonly (readonly unknown[])[];

/** Who stands behind the figures of each row of a statement whose outermost level releases them. */
export interface LinkedCells {
  /** For each column the places of its atoms in a row's cells; undefined for keys. */
  readonly columns: readonly (readonly number[] | undefined)[];
  /** Keys at their places (figures are null), and the cells. */
  readonly rows: readonly { readonly keys: readonly unknown[]; readonly cells: CellRow }[];
}

/** What a statement gives on the corpus's files, worked out without the platform. */
export interface Derived {
  readonly kind: "derived";
  /** What the plain engine gives. */
  readonly plain: Rows;
  /** The most that may be shown: every figure that breaks the rules is absent, and what is computed from it. */
  readonly loose: Rows;
  /** The least that must be shown. */
  readonly strict: Rows;
  /** Undefined where outer figures are computed from inner ones. */
  readonly linked: LinkedCells | undefined;
  /** Cells of every level of the statement. */
  readonly cells: readonly CellRow[];
}

export interface NotDerived {
  readonly kind: "underivable";
  readonly why: string;
  /** What the plain engine gives; undefined where it takes the statement not at all. */
  readonly plain: Rows | undefined;
}

/** An independent reading of statements: the operator's own text on the raw files in a bare DuckDB. */
export interface Reference {
  derive(sql: string): Promise<Derived | NotDerived>;
  close(): void;
}

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** One of these takes a second at most; what takes longer is a bomb, and no figure to compare with. */
const timeoutMs = 30_000;

async function loadTables(connection: DuckDBConnection, folder: string): Promise<void> {
  for (const table of corpusTables) {
    const types = table.columns.map(({ name, type }) => `${quote(name)}: ${quote(type)}`).join(", ");
    await connection.run(
      `CREATE TABLE ${table.name} AS SELECT *, ${table.subject.column} AS ${ownerColumn(table.name)}, ` +
        `'${table.name[0]}' || row_number() OVER () AS ${recordColumn(table.name)} ` +
        `FROM read_csv(${quote(join(folder, fileOf(table)))}, header = true, types = {${types}})`,
    );
  }
  await connection.run("SET enable_external_access = false");
  await connection.run("SET lock_configuration = true");
}

export async function openReference(folder: string): Promise<Reference> {
  const instance = await DuckDBInstance.create(":memory:", {
    threads: "1",
    memory_limit: "1GB",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  const connection = await instance.connect();
  await loadTables(connection, folder);
  const book = openBook(connection);
  const names = await connection.runAndReadAll(
    "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'aggregate'",
  );
  const aggregates: ReadonlySet<string> = new Set(names.getRows().map(([name]) => String(name)));

  const rowsOf = async (sql: string): Promise<Rows> => {
    const late = setTimeout(() => connection.interrupt(), timeoutMs);
    try {
      return (await connection.runAndReadAll(sql)).getRowsJson();
    } finally {
      clearTimeout(late);
    }
  };
  const ask = async (sql: string, value: string): Promise<string> => {
    const reader = await connection.runAndReadAll(sql, [value]);
    return String(reader.getRows()[0]?.[0]);
  };
  const sqlOf = (tree: Node): Promise<string> => ask("SELECT json_deserialize_sql($1::JSON)", JSON.stringify(tree));

  const run = async (
    tree: Node,
    mode: RewriteContext["mode"],
  ): Promise<{ readonly rows: Rows; readonly outermost: Outermost | undefined }> => {
    const own = copy(tree);
    const [statement] = nodes(own["statements"]);
    if (statement === undefined) throw new Underivable("no statement");
    const { relation, outermost } = rewriteStatement(statement, { mode, aggregates, book });
    // Rows of subjects at the top may never be shown.
    if (relation.kind === "subject") return { rows: [], outermost: undefined };
    if (mode === "cells" && outermost === undefined) return { rows: [], outermost };
    return { rows: await rowsOf(await sqlOf(own)), outermost };
  };

  const link = async (tree: Node): Promise<LinkedCells | undefined> => {
    const { rows, outermost } = await run(tree, "cells").catch((error: unknown) => {
      if (error instanceof Underivable) return { rows: [], outermost: undefined };
      throw error;
    });
    if (outermost === undefined) return undefined;
    return {
      columns: outermost.columns,
      rows: rows.flatMap((row) => {
        const cells = book.row(Number(row.at(-1)));
        return cells === undefined ? [] : [{ keys: row.slice(0, -1), cells }];
      }),
    };
  };

  const derive = async (sql: string): Promise<Derived | NotDerived> => {
    book.forget();
    let plain: Rows | undefined;
    try {
      const tree = parseTree(await ask("SELECT json_serialize_sql($1::VARCHAR)", sql));
      plain = await rowsOf(await sqlOf(tree));
      const loose = (await run(tree, "loose")).rows;
      const cells = book.judged();
      const strict = (await run(tree, "strict")).rows;
      return { kind: "derived", plain, loose, strict, linked: await link(tree), cells };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return { kind: "underivable", why: error.message.split("\n")[0] ?? "", plain };
    }
  };

  // One connection, one book: statements are derived one after the other.
  let last: Promise<unknown> = Promise.resolve();
  const known = new Map<string, Promise<Derived | NotDerived>>();
  return {
    derive: (sql) => {
      const before = known.get(sql);
      if (before !== undefined) return before;
      const derived = last.then(() => derive(sql));
      last = derived.catch(() => undefined);
      known.set(sql, derived);
      return derived;
    },
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
