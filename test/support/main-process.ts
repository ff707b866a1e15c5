import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Test } from "tap";
import { noLimitsEnv } from "../../scripts/no-limits.ts";

const root = join(import.meta.dirname, "../..");

export interface Started {
  readonly process: ChildProcess;
  readonly url: string;
  readonly lines: readonly string[];
}

/** `npm start`'s own command as a process, until it says where it listens. */
export async function startProcess(t: Test, folder: string): Promise<Started> {
  const child = spawn(
    process.execPath,
    ["src/main.ts", "--data-dir", join(folder, "data"), "--key-file", join(folder, "root.key")],
    {
      cwd: root,
      env: {
        PATH: process.env["PATH"],
        HANGUANG_SERVER_PORT: "0",
        HANGUANG_LOG_LEVEL: "error",
        ...noLimitsEnv,
        HANGUANG_ENCLAVE_ALLOW_WEAK_ISOLATION: "true",
        HANGUANG_ENCLAVE_WORKERS: "2",
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  t.teardown(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
  });
  const lines: string[] = [];
  const heard = createInterface({ input: child.stdout });
  child.stderr.on("data", (chunk: Buffer) => lines.push(chunk.toString()));
  for await (const line of heard) {
    lines.push(line);
    const url = /listens on (http\S+)/.exec(line)?.[1];
    if (url !== undefined) {
      heard.on("line", (more) => lines.push(more));
      child.stdout.resume();
      return { process: child, url, lines };
    }
  }
  throw new Error(`the platform did not start: ${lines.join("\n")}`);
}
