import { randomBytes } from "node:crypto";
import { link, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { GovernedPlan } from "../policy/index.ts";
import type { Launchpad, Mount } from "./bwrap-command.ts";
import { EngineError } from "./errors.ts";
import type { EngineLog } from "./log.ts";
import { startWorker, type Worker, type WorkerActivity, type WorkerEnd } from "./process-worker.ts";
import { readRunAnswer } from "./run-answer.ts";
import { evidenceShare, type RunAnswer, type RunCommand, type RunFailureCode, type RunLimits } from "./run-messages.ts";
import { watchWorker } from "./watchdog.ts";

/** The part of a governed plan that the enclave executes; only policy makes one. */
export interface GovernedPlanLike {
  readonly steps: readonly string[];
  readonly resultSql: string;
  readonly releases: readonly { readonly id: string; readonly evidenceSql: string }[];
}

export interface RunRequest<Plan extends GovernedPlanLike = GovernedPlan> {
  readonly plan: Plan;
  /** Path of the agreement's database, on the same file system as the data folder. */
  readonly database: string;
  readonly limits: RunLimits;
}

export interface RunHandle {
  readonly done: Promise<RunAnswer>;
  /** Ends the run with ENGINE_CANCELLED, mid-query if need be; harmless once it is done. */
  cancel(): void;
}

export interface Runner<Plan extends GovernedPlanLike> {
  /** Throws ENGINE_REQUEST_INVALID for a plan that is not sealed. */
  run(request: RunRequest<Plan>): RunHandle;
  workers(): readonly { readonly worker: Worker; readonly state: WorkerActivity }[];
  close(): Promise<void>;
}

interface Enclave {
  readonly worker: Worker;
  readonly slot: Mount;
  readonly ready: Promise<boolean>;
  state: WorkerActivity;
  gone: boolean;
}

/** What a process needs beside DuckDB's own memory. */
const overheadBytes = 256 * 1024 * 1024;
const maxResultBytes = 256 * 1024 * 1024;
const maxFrameBytes = (1 + evidenceShare) * maxResultBytes + 65_536;
const databaseName = "agreement.duckdb";
const attempts = 3;
/** The client whose job has just ended reads its result meanwhile. */
const pauseMs = 150;

const failureOf: Readonly<Record<WorkerEnd, RunFailureCode>> = {
  timeout: "ENGINE_TIMEOUT",
  memory: "ENGINE_MEMORY",
  cancelled: "ENGINE_CANCELLED",
  closed: "ENGINE_CANCELLED",
  protocol: "ENGINE_CRASHED",
  finished: "ENGINE_CRASHED",
  crashed: "ENGINE_CRASHED",
};

/**
 * Keeps enclave workers started ahead, each with an empty slot folder it sees read-only. A run
 * takes one, the trusted side hard-links the one database into its slot, and the process is
 * thrown away afterwards, whatever it answered.
 */
export function createRunner<Plan extends GovernedPlanLike>(deps: {
  readonly launchpad: Launchpad;
  readonly slotsDir: string;
  readonly size: number;
  readonly isGovernedPlan: (plan: unknown) => plan is Plan;
  readonly log: EngineLog;
}): Runner<Plan> {
  const ready: Promise<Enclave>[] = [];
  const living = new Set<Enclave>();
  const refills = new Set<Promise<void>>();
  const pauses = new Set<() => void>();
  let closed = false;

  async function start(): Promise<Enclave> {
    const slot: Mount = { host: join(deps.slotsDir, randomBytes(16).toString("hex")), inside: "/slot", writable: false };
    await mkdir(slot.host, { mode: 0o700 });
    const launch = deps.launchpad.command("duckdb-run", [slot], { tmpBytes: 1_048_576, heapMiB: 2048 });
    const worker = startWorker({ role: "run", ...launch, maxFrameBytes });
    const ready = worker.receive().then((first) => {
      enclave.state = "idle";
      return first.kind === "message";
    });
    const enclave: Enclave = { worker, slot, ready, state: "starting", gone: false };
    worker.ended.then(() => (enclave.gone = true)).catch(() => undefined);
    living.add(enclave);
    if (closed) worker.kill("closed");
    return enclave;
  }

  function refill(): void {
    while (!closed && ready.length < deps.size) {
      const next = start();
      // Observed by the run that takes it; until then a full disk may not end the gateway.
      next.catch(() => undefined);
      ready.push(next);
    }
  }

  /** A worker that is up; one that died while it waited is passed over. */
  async function take(): Promise<Enclave> {
    for (let attempt = 0; attempt < attempts && !closed; ) {
      const enclave = await (ready.shift() ?? start());
      const up = await enclave.ready;
      if (up && !enclave.gone) return enclave;
      // One that was up and died since says nothing of whether the machine can start others.
      if (!up) attempt++;
      deps.log.warn(
        { role: "run", pid: enclave.worker.pid, noise: enclave.worker.startupNoise() },
        "enclave worker ended before it had work",
      );
      await discard(enclave);
    }
    throw closed
      ? new EngineError("ENGINE_CLOSED", "the engine is closed")
      : new EngineError("ENGINE_WORKER_START", "enclave workers cannot be started");
  }

  async function discard(enclave: Enclave): Promise<void> {
    enclave.worker.kill("finished");
    await enclave.worker.ended;
    await rm(enclave.slot.host, { recursive: true, force: true, maxRetries: 5 });
    living.delete(enclave);
  }

  /** Undefined where the run was cancelled while its worker was still starting; that worker is not used for another. */
  async function takeUnless(cancelled: Promise<void>): Promise<Enclave | undefined> {
    const taking = take();
    const enclave = await Promise.race([taking, cancelled.then(() => undefined)]);
    if (enclave === undefined) {
      replace(taking.then(discard, () => undefined));
    }
    return enclave;
  }

  /** Resolves at once where few workers stand ready, and after a pause where enough do: starting one takes the processors. */
  function calm(): Promise<void> {
    if (closed || 2 * ready.length < deps.size) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        pauses.delete(end);
        resolve();
      };
      const timer = setTimeout(end, pauseMs);
      pauses.add(end);
    });
  }

  /** Once a worker is gone another takes its place; `close` waits for it. */
  function replace(gone: Promise<void>): void {
    const refilled = gone.then(calm).then(refill);
    refills.add(refilled);
    refilled.finally(() => refills.delete(refilled)).catch(() => undefined);
  }

  async function execute(request: RunRequest<Plan>, cancelled: Promise<void>, isCancelled: () => boolean): Promise<RunAnswer> {
    const enclave = await takeUnless(cancelled);
    if (enclave === undefined) return { kind: "failed", code: "ENGINE_CANCELLED" };
    enclave.state = "busy";
    const { worker, slot } = enclave;
    try {
      if (closed || isCancelled()) return { kind: "failed", code: "ENGINE_CANCELLED" };
      await link(request.database, join(slot.host, databaseName)).catch((cause: unknown) => {
        throw new EngineError("ENGINE_REQUEST_INVALID", "the agreement's database cannot be linked into the slot", { cause });
      });
      worker.silence();
      const command: RunCommand = {
        steps: request.plan.steps,
        resultSql: request.plan.resultSql,
        releases: request.plan.releases.map(({ id, evidenceSql }) => ({ id, evidenceSql })),
        database: join(deps.launchpad.pathOf(slot), databaseName),
        limits: request.limits,
      };
      const watch = watchWorker(worker, {
        timeoutMs: request.limits.timeoutMs,
        memoryBytes: request.limits.memoryBytes + overheadBytes,
      });
      cancelled.then(() => worker.kill("cancelled")).catch(() => undefined);
      worker.send(command);
      const answer = await worker.receive();
      watch.stop();
      if (answer.kind === "gone") return { kind: "failed", code: failureOf[answer.end] };
      return readRunAnswer(answer.value) ?? { kind: "failed", code: "ENGINE_CRASHED" };
    } finally {
      replace(discard(enclave));
    }
  }

  refill();
  return {
    run(request) {
      if (!deps.isGovernedPlan(request.plan))
        throw new EngineError("ENGINE_REQUEST_INVALID", "only a plan sealed by policy may run");
      if (closed) throw new EngineError("ENGINE_CLOSED", "the engine is closed");
      const { promise, resolve } = Promise.withResolvers<void>();
      let stopped = false;
      return {
        done: execute(request, promise, () => stopped),
        cancel() {
          stopped = true;
          resolve();
        },
      };
    },
    workers: () => [...living],
    async close() {
      closed = true;
      for (const end of pauses) end();
      await Promise.allSettled(ready.splice(0));
      for (const { worker } of living) worker.kill("closed");
      await Promise.all([...living].map(discard));
      await Promise.allSettled([...refills]);
    },
  };
}
