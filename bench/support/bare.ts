import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** What a process with nothing but DuckDB in it takes for a statement, milliseconds. */
export interface BareTimes {
  /** From spawn until the process speaks. */
  readonly startMs: number;
  /** Until the database is open. */
  readonly openMs: number;
  /** Each repetition, the first of them cold. */
  readonly queryMs: readonly number[];
}

export interface BareSettings {
  readonly database: string;
  readonly threads: number;
  readonly memoryBytes: number;
}

/** Runs one statement `times` times in a fresh process. */
export async function timeBare(settings: BareSettings, sql: string, times: number): Promise<BareTimes> {
  const began = performance.now();
  const script = join(import.meta.dirname, "bare-query.ts");
  const child = spawn(
    process.execPath,
    [script, settings.database, String(settings.threads), String(Math.floor(settings.memoryBytes / 1024))],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (field: string): Promise<number> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error("the bare DuckDB process ended");
    return Number((JSON.parse(value) as Record<string, unknown>)[field]);
  };
  try {
    await next("ready");
    const startMs = performance.now() - began;
    const openMs = await next("openMs");
    const queryMs: number[] = [];
    for (let time = 0; time < times; time++) {
      child.stdin.write(`${sql.replaceAll("\n", " ")}\n`);
      queryMs.push(await next("ms"));
    }
    return { startMs, openMs, queryMs };
  } finally {
    child.stdin.end();
    child.kill();
  }
}
