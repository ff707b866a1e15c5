import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Test } from "tap";
import { noLimitsEnv } from "../../scripts/no-limits.ts";

const root = join(import.meta.dirname, "../..");

export interface GatewayProcess {
  readonly process: ChildProcess;
  readonly url: string;
  /** What it said, errors included. */
  readonly said: readonly string[];
  /** As a power failure: no chance to clean up. */
  kill(): Promise<void>;
}

/** `npm start`'s own command as a process, until it says where it listens; stopped when the test ends. */
export async function startGatewayProcess(
  t: Test,
  options: { readonly folder: string; readonly env: Readonly<Record<string, string>> },
): Promise<GatewayProcess> {
  const { folder, env } = options;
  const args = ["src/main.ts", "--data-dir", join(folder, "data"), "--key-file", join(folder, "root.key")];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { PATH: process.env["PATH"], HANGUANG_SERVER_PORT: "0", HANGUANG_LOG_LEVEL: "error", ...noLimitsEnv, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const end = async (signal: "SIGTERM" | "SIGKILL"): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill(signal);
    await gone;
  };
  t.teardown(() => end("SIGTERM"));
  const said: string[] = [];
  child.stderr.on("data", (chunk: Buffer) => said.push(chunk.toString()));
  const heard = createInterface({ input: child.stdout });
  for await (const line of heard) {
    said.push(line);
    const url = /listens on (http\S+)/.exec(line)?.[1];
    if (url === undefined) continue;
    child.stdout.resume();
    return { process: child, url, said, kill: () => end("SIGKILL") };
  }
  throw new Error(`the gateway did not start: ${said.join("\n")}`);
}
