import type { DuckDBConnection } from "@duckdb/node-api";
import { evidenceShare, type RunCommand, type RunFailureCode } from "../run-messages.ts";
import { quoteText } from "../sql-text.ts";
import { rehearse } from "./duckdb-rehearsal.ts";
import { openRoleChannel } from "./role-channel.ts";

// Role `run`: one plan, one agreement's database, then the process is thrown away.

const maxCommandBytes = 16 * 1024 * 1024;

class Stop extends Error {
  readonly failure: RunFailureCode;

  constructor(failure: RunFailureCode) {
    super(failure);
    this.failure = failure;
  }
}

/**
 * Attaches the one database, read-only, to the engine that stood ready, then closes every way to files
 * and to settings. Opening an engine takes ten times as long as attaching a file to one.
 */
async function openDatabase(command: RunCommand): Promise<DuckDBConnection> {
  const connection = await engine.connect();
  const { threads, memoryBytes } = command.limits;
  await connection.run(`SET threads=${threads}`);
  await connection.run(`SET memory_limit='${Math.floor(memoryBytes / 1024)}KiB'`);
  await connection.run("SET temp_directory=''");
  await connection.run(`ATTACH ${quoteText(command.database)} AS __agreement (READ_ONLY)`);
  await connection.run("USE __agreement");
  await connection.run("SET enable_external_access=false");
  await connection.run("SET lock_configuration=true");
  return connection;
}

/** JSON of `"columns":[…],"rows":[…]`, held to `budget` bytes while it is written. */
async function readTable(connection: DuckDBConnection, sql: string, budget: { bytes: number }): Promise<string> {
  const result = await connection.stream(sql);
  const columns = result.columnNames().map((name, at) => ({ name, type: result.columnType(at).toString() }));
  const head = JSON.stringify(columns);
  budget.bytes -= Buffer.byteLength(head);
  const rows: string[] = [];
  for await (const chunk of result.yieldRowsJson())
    for (const row of chunk) {
      const text = JSON.stringify(row);
      budget.bytes -= Buffer.byteLength(text) + 1;
      if (budget.bytes < 0) throw new Stop("ENGINE_RESULT_TOO_LARGE");
      rows.push(text);
    }
  return `"columns":${head},"rows":[${rows.join(",")}]`;
}

async function run(command: RunCommand): Promise<string> {
  const connection = await openDatabase(command);
  for (const step of command.steps) await connection.run(step);
  const result = await readTable(connection, command.resultSql, { bytes: command.limits.resultBytes });
  const budget = { bytes: evidenceShare * command.limits.resultBytes };
  const evidence: string[] = [];
  for (const release of command.releases) {
    const table = await readTable(connection, release.evidenceSql, budget);
    evidence.push(`{"release":${JSON.stringify(release.id)},${table}}`);
  }
  return `{"kind":"done",${result},"evidence":[${evidence.join(",")}]}`;
}

/** The engine's own words may hold values of rows, so only the class of the failure leaves. */
function failureOf(error: unknown): RunFailureCode {
  if (error instanceof Stop) return error.failure;
  return error instanceof Error && error.message.startsWith("Out of Memory") ? "ENGINE_MEMORY" : "ENGINE_QUERY_FAILED";
}

const channel = openRoleChannel(maxCommandBytes);
const engine = await rehearse();
channel.send({ kind: "ready" });

const command = (await channel.receiveJson()) as RunCommand;
// Nothing more is expected; reading on notices when the gateway is gone.
const hangUp = channel.receive();
await Promise.race([
  hangUp,
  run(command).then(
    (answer) => channel.sendText(answer),
    (error: unknown) => channel.send({ kind: "failed", code: failureOf(error) }),
  ),
]);
