import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isGovernedPlan } from "../policy/index.ts";
import type { Mount } from "./bwrap-command.ts";
import { type Compiler, createCompiler } from "./compiler.ts";
import { createCompilerPool } from "./compiler-pool.ts";
import { EngineError } from "./errors.ts";
import { createIngest, type Ingest } from "./ingest.ts";
import { type IsolationReport, measureIsolation } from "./isolation.ts";
import type { EngineLimits } from "./limits.ts";
import type { EngineLog } from "./log.ts";
import { startWorker, type Worker, type WorkerActivity, type WorkerRole } from "./process-worker.ts";
import { createProvision, type ProvisionAnswer, type ProvisionRequest } from "./provision.ts";
import { createRunner, type RunHandle, type RunRequest } from "./runner.ts";

export interface WorkerState {
  readonly role: WorkerRole;
  readonly pid: number;
  readonly state: WorkerActivity;
  readonly residentBytes: number;
}

/**
 * The only door to child processes, DuckDB and data files. `ingest` validates a file from outside in a
 * process without keys or network and keeps all of it or nothing; `check` and `sample` keep nothing.
 */
export interface Engine extends Ingest {
  /** What was measured at start; goes into every job's event. */
  readonly isolation: IsolationReport;
  readonly compiler: Compiler;
  /** Writes an agreement's desensitised database. */
  provision(request: ProvisionRequest): Promise<ProvisionAnswer>;
  /** Runs a sealed plan in a fresh enclave worker. Throws ENGINE_REQUEST_INVALID for any other plan. */
  run(request: RunRequest): RunHandle;
  workers(): readonly WorkerState[];
  /** Kills every worker; runs under way end as ENGINE_CANCELLED. */
  close(): Promise<void>;
}

const compilerFrameBytes = 64 * 1024 * 1024;
/**
 * Told by it that the system overcommits, DuckDB's allocator asks for memory when it needs it. Else it fixes mappings
 * over ranges that it reserved, which the kernel does not count against the bound.
 */
const overcommit: Mount = {
  host: "/proc/sys/vm/overcommit_memory",
  inside: "/proc/sys/vm/overcommit_memory",
  writable: false,
};
/** What a compiler process may write to and never touches, code range and stacks: 550 MB of 670 when it starts. Less, for what is shared counts as resident too. */
const reservedBytes = 440 * 1024 * 1024;

/**
 * Starts the engine: measures isolation (`ENGINE_ISOLATION_TOO_WEAK` where it falls short and that
 * is not allowed), clears what a killed predecessor left, and starts both pools.
 */
export async function createEngine(deps: {
  readonly dataDir: string;
  /** Names this process's own folder below `<data>/engine`: gateways that share the data folder have one each. */
  readonly instance?: string | undefined;
  readonly limits: EngineLimits;
  readonly isolation: {
    readonly allowWeak: boolean;
    /** Path of bubblewrap, where it is not in the system's places. */
    readonly bwrap?: string | undefined;
  };
  readonly log: EngineLog;
}): Promise<Engine> {
  const { limits, log } = deps;
  const dataDir = resolve(deps.dataDir);
  const workDir = join(dataDir, "engine", deps.instance ?? "own");
  await rm(workDir, { recursive: true, force: true });
  const [slotsDir, tmpDir] = [join(workDir, "slots"), join(workDir, "tmp")];
  for (const folder of [slotsDir, tmpDir]) await mkdir(folder, { recursive: true, mode: 0o700 });

  const { launchpad, report } = await measureIsolation({ dataDir, workDir, ...deps.isolation });
  if (report.level === "namespaces") log.info({ isolation: report }, "enclave isolation measured");
  else log.warn({ isolation: report }, "WEAK ISOLATION: workers are held by engine settings only; do not load protected data");

  const loaders = new Set<Worker>();
  let closed = false;
  const track = (worker: Worker): void => {
    loaders.add(worker);
    worker.ended.then(() => loaders.delete(worker)).catch(() => undefined);
    if (closed) worker.kill("closed");
  };
  const pool = createCompilerPool({
    start: () =>
      startWorker({
        role: "compile",
        ...launchpad.command("duckdb-compile", existsSync(overcommit.host) ? [overcommit] : [], {
          tmpBytes: 1_048_576,
          heapMiB: 384,
          dataBytes: limits.compileMemoryBytes + reservedBytes,
        }),
        maxFrameBytes: compilerFrameBytes,
      }),
    size: limits.compilers,
    requests: limits.compileRequests,
    memoryBytes: limits.compileMemoryBytes,
    queue: limits.compileQueue,
    log,
  });
  const runner = createRunner({ launchpad, slotsDir, size: limits.workers, isGovernedPlan, log });
  const { ingest, check, sample } = createIngest({ launchpad, tmpDir, limits, track });
  const provision = createProvision({ launchpad, limits, track });
  const whileOpen = <In extends unknown[], Out>(use: (...input: In) => Promise<Out>) => {
    return async (...input: In): Promise<Out> => {
      if (closed) throw new EngineError("ENGINE_CLOSED", "the engine is closed");
      return use(...input);
    };
  };

  return {
    isolation: report,
    compiler: createCompiler({ pool, limits }),
    ingest: whileOpen(ingest),
    check: whileOpen(check),
    sample: whileOpen(sample),
    provision: whileOpen(provision),
    run: (request) => runner.run(request),
    workers: () =>
      [...pool.workers(), ...runner.workers(), ...[...loaders].map((worker) => ({ worker, state: "busy" as const }))].map(
        ({ worker, state }) => ({
          role: worker.role,
          pid: worker.pid,
          state,
          residentBytes: worker.residentBytes(),
        }),
      ),
    async close() {
      closed = true;
      const ends = [...loaders].map((worker) => {
        worker.kill("closed");
        return worker.ended;
      });
      await Promise.all([pool.close(), runner.close(), ...ends]);
    },
  };
}
