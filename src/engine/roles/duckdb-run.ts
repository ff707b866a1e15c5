import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { evidenceShare, type RunCommand, type RunFailureCode } from "../run-messages.ts";
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

/** Opens the database read-only, then closes every way to files and to settings. */
async function openDatabase(command: RunCommand): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(command.database, {
    access_mode: "READ_ONLY",
    threads: String(command.limits.threads),
    memory_limit: `${Math.floor(command.limits.memoryBytes / 1024)}KiB`,
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  const connection = await instance.connect();
  await connection.run("SET temp_directory=''");
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
// The first query of a process costs more than later ones; pay before anyone waits.
const rehearsal = await DuckDBInstance.create(":memory:", { threads: "1" });
const stage = await rehearsal.connect();
await stage.runAndReadAll("SELECT count(*) AS n, sum(i) AS s FROM range(10) t(i) GROUP BY i % 2");
stage.closeSync();
rehearsal.closeSync();
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
