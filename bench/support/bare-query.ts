import { createInterface } from "node:readline";
import { DuckDBInstance } from "@duckdb/node-api";

// A bare DuckDB with the enclave's settings: answers each line of SQL with how long it took.

const [database = "", threads = "", memoryKiB = ""] = process.argv.slice(2);
const say = (message: object): void => void process.stdout.write(`${JSON.stringify(message)}\n`);

say({ ready: true });
const began = performance.now();
const instance = await DuckDBInstance.create(database, {
  access_mode: "READ_ONLY",
  threads,
  memory_limit: `${memoryKiB}KiB`,
  autoinstall_known_extensions: "false",
  autoload_known_extensions: "false",
});
const connection = await instance.connect();
await connection.run("SET temp_directory=''");
await connection.run("SET enable_external_access=false");
say({ openMs: performance.now() - began });
for await (const sql of createInterface({ input: process.stdin })) {
  const start = performance.now();
  const reader = await connection.runAndReadAll(sql);
  const rows = reader.getRowsJson().length;
  say({ ms: performance.now() - start, rows });
}
