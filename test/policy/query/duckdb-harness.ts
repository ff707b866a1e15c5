import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import {
  type AgreementSchema,
  bindParameters,
  compileQuery,
  engineText,
  type GovernedPlan,
  hiddenTables,
  type PlanDraft,
  platformFloor,
  type QueryRefusal,
  type ReleaseRules,
  sealPlan,
  shadowDdl,
  type WrittenParameters,
} from "../../../src/policy/query/index.ts";

/** The compiler process's part, done in place: parse, bind against empty tables, serialise. */
async function withTables<T>(ddl: string, use: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    await connection.run(ddl);
    return await use(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

export async function astOf(connection: DuckDBConnection, sql: string): Promise<string> {
  const reader = await connection.runAndReadAll("SELECT json_serialize_sql($1::VARCHAR)", [sql]);
  return String(reader.getRowsJson()[0]?.[0]);
}

export async function bind(connection: DuckDBConnection, sql: string): Promise<{ name: string; type: string }[]> {
  const prepared = await connection.prepare(sql);
  return Array.from({ length: prepared.columnCount }, (_unused, i) => ({
    name: prepared.columnName(i),
    type: prepared.columnType(i).toString(),
  }));
}

/** The engine's own text of a tree. */
async function textOf(connection: DuckDBConnection, ast: string): Promise<string> {
  const reader = await connection.runAndReadAll("SELECT json_deserialize_sql($1::JSON)", [ast]);
  return String(reader.getRowsJson()[0]?.[0]);
}

export type Outcome =
  | { readonly kind: "refused"; readonly refusal: QueryRefusal }
  | { readonly kind: "rejected"; readonly message: string }
  | { readonly kind: "draft"; readonly draft: PlanDraft };

/** Text → draft, refusal, or what the engine itself did not take; the connection has the schema's tables. */
export async function compileOn(
  connection: DuckDBConnection,
  sql: string,
  schema: AgreementSchema,
  rules: ReleaseRules = platformFloor,
  parameters: WrittenParameters = {},
): Promise<Outcome> {
  const tree = bindParameters({ text: sql, ast: await astOf(connection, engineText(sql, parameters)), parameters });
  if ("kind" in tree) return { kind: "refused", refusal: tree };
  const { ast } = tree;
  let boundColumns: { name: string; type: string }[] = [];
  if (JSON.parse(ast).error === false) {
    try {
      boundColumns = await bind(connection, tree.bound ? await textOf(connection, ast) : sql);
    } catch (error) {
      return { kind: "rejected", message: String(error) };
    }
  }
  const answer = compileQuery({ text: sql, ast, boundColumns, schema, rules });
  return answer.kind === "refused" ? { kind: "refused", refusal: answer } : { kind: "draft", draft: answer };
}

/** The same against empty tables of their own. */
export async function compileText(
  sql: string,
  schema: AgreementSchema,
  rules: ReleaseRules = platformFloor,
  parameters: WrittenParameters = {},
): Promise<Outcome> {
  return withTables(shadowDdl(schema), (connection) => compileOn(connection, sql, schema, rules, parameters));
}

/** Reads a draft back; the connection has the tables as provisioning leaves them. */
export async function sealOn(connection: DuckDBConnection, draft: PlanDraft): Promise<GovernedPlan> {
  const asts: string[] = [];
  const columns: { name: string; type: string }[][] = [];
  for (const statement of draft.check.statements) {
    const body = statement.replace(/^CREATE TEMP TABLE "__[rf]\d+" AS /, "");
    asts.push(await astOf(connection, body));
    columns.push(await bind(connection, body));
    if (body !== statement) await connection.run(statement);
  }
  return sealPlan(draft, { asts, columns });
}

export async function sealText(draft: PlanDraft): Promise<GovernedPlan> {
  return withTables(draft.check.ddl, (connection) => sealOn(connection, draft));
}

export interface Shown {
  readonly columns: readonly string[];
  readonly types: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  readonly evidence: readonly Readonly<Record<string, unknown>>[];
}

/** Where a test provisions no profile an empty one stands, which certifies nothing. */
export const emptyProfile = `CREATE TABLE IF NOT EXISTS "${hiddenTables.profile}" ("table" VARCHAR, owner VARCHAR, "by" VARCHAR, measure VARCHAR, most DOUBLE, least DOUBLE)`;

/** Runs a sealed plan as the enclave does: steps, result, evidence. */
export async function runPlan(plan: GovernedPlan, connection: DuckDBConnection): Promise<Shown> {
  await connection.run(emptyProfile);
  for (const step of plan.steps) await connection.run(step);
  try {
    const reader = await connection.runAndReadAll(plan.resultSql);
    const evidence: Readonly<Record<string, unknown>>[] = [];
    for (const release of plan.releases) {
      const read = await connection.runAndReadAll(release.evidenceSql);
      evidence.push(...read.getRowObjectsJson());
    }
    const types = reader.columnTypes().map(String);
    return { columns: reader.columnNames(), types, rows: reader.getRowsJson(), evidence };
  } finally {
    for (const step of plan.steps) await connection.run(`DROP TABLE IF EXISTS ${/^CREATE TEMP TABLE (\S+) AS /.exec(step)?.[1]}`);
  }
}

/** The whole way for one statement that must compile. */
export async function show(
  sql: string,
  schema: AgreementSchema,
  connection: DuckDBConnection,
  rules: ReleaseRules = platformFloor,
): Promise<Shown> {
  const outcome = await compileText(sql, schema, rules);
  if (outcome.kind !== "draft") throw new Error(`not compiled: ${JSON.stringify(outcome)}`);
  return runPlan(await sealText(outcome.draft), connection);
}
