import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import type { Watch } from "./processes.ts";

const root = join(import.meta.dirname, "../..");

/** One place where a gateway runs: whenever it ends it is started again, as a service manager would. */
export interface Berth {
  readonly name: string;
  /** Undefined while none listens. */
  url(): string | undefined;
  pid(): number | undefined;
  /** How the processes here ended so far: exit code or signal. */
  readonly ends: readonly string[];
  /** Orderly, for good. */
  stop(): Promise<void>;
}

export function keepGateway(
  name: string,
  options: { readonly folder: string; readonly env: Readonly<Record<string, string>>; readonly watch: Watch },
): Berth {
  let child: ChildProcess | undefined;
  let url: string | undefined;
  let stopping = false;
  const ends: string[] = [];

  const run = async (): Promise<void> => {
    const args = ["src/main.ts", "--data-dir", join(options.folder, "data"), "--key-file", join(options.folder, "root.key")];
    const started = spawn(process.execPath, args, {
      cwd: root,
      env: { PATH: process.env["PATH"], ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    child = started;
    if (started.pid !== undefined) options.watch.add(started.pid);
    let said = "";
    started.stderr.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-400);
    });
    createInterface({ input: started.stdout }).on("line", (line) => {
      url = /listens on (http\S+)/.exec(line)?.[1] ?? url;
    });
    const [code, signal] = (await once(started, "exit")) as [number | null, NodeJS.Signals | null];
    [child, url] = [undefined, undefined];
    ends.push(signal ?? `exit ${code}${code === 0 ? "" : ` (${/\[(\w+)\]/.exec(said)?.[1] ?? said.trim()})`}`);
  };
  const kept = (async () => {
    while (!stopping) {
      await run();
      if (!stopping) await pause(500);
    }
  })();
  return {
    name,
    url: () => url,
    pid: () => child?.pid,
    ends,
    stop: async () => {
      stopping = true;
      child?.kill("SIGCONT");
      child?.kill("SIGTERM");
      await kept;
    },
  };
}
