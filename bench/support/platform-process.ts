import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { noLimits } from "../../scripts/no-limits.ts";

/** The platform as `npm start` runs it: a process of its own, so that its memory is its own. */
export interface PlatformProcess {
  readonly url: string;
  readonly pid: number;
  readonly setupCodePath: string;
  readonly dataDir: string;
  readonly isolation: string;
  stop(): Promise<void>;
}

const startTimeoutMs = 60_000;

/** Settings of the measured platform; the shipped ones but for the port, quotas of requests and the patience of tokens. */
const settings = { server: { port: 0 }, log: { level: "silent" }, limits: noLimits, identity: { accessTokenTtlMs: 3_600_000 } };

function untilPrinted(child: ChildProcess, wanted: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let text = "";
    const late = setTimeout(() => reject(new Error(`the platform did not start in time: ${text}`)), startTimeoutMs);
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
      const found = wanted.exec(text);
      if (found === null) return;
      clearTimeout(late);
      resolve(found);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.on("exit", (code) => reject(new Error(`the platform ended with ${code}: ${text}`)));
  });
}

export async function startPlatformProcess(folder: string, over: object = {}): Promise<PlatformProcess> {
  const dataDir = join(folder, "data");
  await mkdir(folder, { recursive: true });
  // The embedded database runs under an account of its own where this process is root.
  await chmod(folder, 0o755);
  const configFile = join(folder, "settings.json");
  await writeFile(configFile, JSON.stringify({ ...settings, ...over }));
  const main = join(import.meta.dirname, "../../src/main.ts");
  const child = spawn(
    process.execPath,
    [main, "--data-dir", dataDir, "--key-file", join(folder, "root.key"), "--config", configFile],
    {
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const [, url = "", isolation = ""] = await untilPrinted(child, /listens on (\S+)\n.*enclave: (\S+)\n/);
  return {
    url,
    pid: child.pid ?? 0,
    setupCodePath: join(dataDir, "first-admin-code"),
    dataDir,
    isolation,
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
