import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Test } from "tap";
import { findBwrap } from "../../src/engine/bwrap-command.ts";
import {
  createEngine,
  defaultEngineLimits,
  type Engine,
  type EngineLimits,
  type EngineLog,
  type IngestAnswer,
  type IngestLimits,
  type IngestSubject,
} from "../../src/engine/index.ts";
import { measureIsolation } from "../../src/engine/isolation.ts";
import { createRunner, type GovernedPlanLike, type Runner } from "../../src/engine/runner.ts";

/** Why tests that need namespaces are skipped here, or false. */
export const noBwrap: string | false = findBwrap() === undefined ? "bubblewrap (bwrap) is not installed" : false;

export interface LoggedLine {
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export function createLog(): EngineLog & { readonly lines: LoggedLine[] } {
  const lines: LoggedLine[] = [];
  const note = (fields: Readonly<Record<string, unknown>>, message: string): void => void lines.push({ fields, message });
  return { lines, info: note, warn: note };
}

export async function dataFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "hanguang-engine-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** An engine of the strongest isolation there is here; `weak` forces the settings-only level. */
export async function startEngine(
  t: Test,
  options: { readonly limits?: Partial<EngineLimits>; readonly weak?: boolean } = {},
): Promise<{ engine: Engine; dataDir: string; log: ReturnType<typeof createLog> }> {
  const dataDir = await dataFolder(t);
  const log = createLog();
  const engine = await createEngine({
    dataDir,
    limits: { ...defaultEngineLimits, compilers: 1, workers: 1, ...options.limits },
    isolation: { allowWeak: true, ...(options.weak === true ? { bwrap: "/nonexistent/bwrap" } : {}) },
    log,
  });
  t.teardown(() => engine.close());
  return { engine, dataDir, log };
}

/** The runner alone, taking any plan: what the seal keeps out is tested elsewhere. */
export async function startRunner(t: Test, dataDir: string, size = 1): Promise<Runner<GovernedPlanLike>> {
  const { launchpad } = await measureIsolation({ dataDir, workDir: dataDir, allowWeak: true });
  const runner = createRunner({
    launchpad,
    slotsDir: dataDir,
    size,
    isGovernedPlan: (plan): plan is GovernedPlanLike => plan !== undefined,
    log: createLog(),
  });
  t.teardown(() => runner.close());
  return runner;
}

export const runLimits = { timeoutMs: 30_000, memoryBytes: 512 * 1024 * 1024, resultBytes: 1024 * 1024, threads: 1 };

export const csvFormat = { kind: "csv", charset: "utf-8" } as const;

export const ingestLimits: IngestLimits = {
  maxBytes: 100_000_000,
  maxRows: 1_000_000,
  maxColumns: 50,
  maxLineBytes: 65_536,
  maxFieldBytes: 32_768,
  maxParquetBytes: 50_000_000,
  maxRowGroups: 100,
  maxExpansion: 100,
  maxSampleBytes: 200_000,
  timeoutMs: 60_000,
};

export const personColumns = [
  { name: "id_card", type: "VARCHAR", role: "identifier", nullable: false },
  { name: "county", type: "VARCHAR", role: "quasi-identifier", nullable: true },
  { name: "born", type: "DATE", role: "quasi-identifier", nullable: true },
  { name: "income", type: "DECIMAL(12,2)", role: "measure", nullable: true },
  { name: "children", type: "SMALLINT", role: "measure", nullable: true },
] as const;

export const personSubjects: readonly IngestSubject[] = [{ kind: "person", column: "id_card", unique: true }];

export async function* chunksOf(bytes: Uint8Array | string, size = 65_536): AsyncGenerator<Uint8Array> {
  const whole = Buffer.from(bytes);
  for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size);
}

export const personHeader = "id_card,county,born,income,children\n";

/** A deterministic file of `count` persons. */
export function personFile(count: number): string {
  let text = personHeader;
  for (let at = 0; at < count; at++)
    text += `1301${String(at).padStart(8, "0")},County ${at % 7},19${String(50 + (at % 50)).padStart(2, "0")}-0${1 + (at % 9)}-15,${at % 1000}.5,${at % 4}\n`;
  return text;
}

export async function ingestPersons(
  engine: Engine,
  output: string,
  body: Uint8Array | string,
  chunk = 65_536,
): Promise<IngestAnswer> {
  return engine.ingest(
    { columns: personColumns, subjects: personSubjects, output, format: csvFormat, limits: ingestLimits },
    chunksOf(body, chunk),
  );
}
