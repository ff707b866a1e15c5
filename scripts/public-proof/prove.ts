import type { DuckDBConnection } from "@duckdb/node-api";
import { type AgreementSchema, platformFloor } from "../../src/policy/query/index.ts";
import { compileOn, runPlan, sealOn } from "../../test/policy/query/duckdb-harness.ts";
import { withTiesBroken } from "./tie-breaks.ts";

/**
 * `equal`: names, types and rows are bare DuckDB's, in order where the statement orders. `equal-ties`: the same once ties
 * in ORDER BY and LIMIT are broken by the output columns. `invalid`: bare DuckDB refuses the statement as well.
 */
export type Verdict = "equal" | "equal-ties" | "different" | "refused" | "failed" | "invalid";

export interface Proof {
  readonly verdict: Verdict;
  /** The refusal's code, or what differs. */
  readonly why: string;
}

export interface Answer {
  readonly names: readonly string[];
  readonly types: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

/** Sums of DOUBLE may differ in the last digits: the order of additions is not part of SQL. */
function rounded(value: unknown): unknown {
  if (typeof value === "number") return Number(value.toPrecision(11));
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, rounded(inner)]));
}

const linesOf = (rows: Answer["rows"]): readonly string[] => rows.map((row) => JSON.stringify(rounded(row)));
const same = (a: readonly unknown[], b: readonly unknown[]): boolean => JSON.stringify(a) === JSON.stringify(b);

/** What differs between two answers; undefined where nothing does. */
export function difference(own: Answer, bare: Answer, ordered: boolean): string | undefined {
  if (!same(own.names, bare.names)) return `names ${own.names.join()} instead of ${bare.names.join()}`;
  if (!same(own.types, bare.types)) return `types ${own.types.join()} instead of ${bare.types.join()}`;
  if (own.rows.length !== bare.rows.length) return `${own.rows.length} rows instead of ${bare.rows.length}`;
  const [a, b] = [linesOf(own.rows), linesOf(bare.rows)];
  const at = (ordered ? a : a.toSorted()).findIndex((line, i) => line !== (ordered ? b : b.toSorted())[i]);
  return at < 0 ? undefined : `row ${at + 1}: ${(ordered ? a : a.toSorted())[at]} instead of ${(ordered ? b : b.toSorted())[at]}`;
}

export async function askBare(connection: DuckDBConnection, sql: string): Promise<Answer> {
  const reader = await connection.runAndReadAll(sql);
  return { names: reader.columnNames(), types: reader.columnTypes().map(String), rows: reader.getRowsJson() };
}

async function compare(connection: DuckDBConnection, sql: string, own: Answer, bare: Answer): Promise<Proof> {
  const plain = difference(own, bare, true);
  if (plain === undefined) return { verdict: "equal", why: "" };
  const ordered = await withTiesBroken(connection, sql, bare.names.length);
  const promised = ordered === undefined ? undefined : await askBare(connection, ordered).catch(() => undefined);
  const why = promised === undefined ? difference(own, bare, false) : difference(own, { ...bare, rows: promised.rows }, true);
  return why === undefined ? { verdict: "equal-ties", why: "" } : { verdict: "different", why };
}

/** Runs one statement through the compiler and by itself, over the same public rows, which need no steps before them. */
export async function prove(connection: DuckDBConnection, schema: AgreementSchema, sql: string): Promise<Proof> {
  const outcome = await compileOn(connection, sql, schema, platformFloor);
  if (outcome.kind === "rejected") return { verdict: "invalid", why: outcome.message };
  // What is refused never runs: among attacks stand statements that write files and change settings.
  if (outcome.kind === "refused") return { verdict: "refused", why: `${outcome.refusal.code}: ${outcome.refusal.found}` };
  const bare = await askBare(connection, sql).catch((error: unknown) => String(error));
  try {
    const plan = await sealOn(connection, outcome.draft);
    const shown = await runPlan(plan, connection);
    if (typeof bare === "string") return { verdict: "different", why: `an answer instead of: ${bare}` };
    return await compare(
      connection,
      sql,
      { names: shown.columns, types: plan.columns.map((column) => column.type), rows: shown.rows },
      bare,
    );
  } catch (error) {
    const same = typeof bare === "string";
    return { verdict: same ? "invalid" : "failed", why: String(error).split("\n", 1).join("") };
  }
}
