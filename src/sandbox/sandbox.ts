import type { UnitOfWork } from "../audit/index.ts";
import type { Catalog } from "../catalog/index.ts";
import type { DiskSpace, Membership, Signals } from "../cluster/index.ts";
import type { Engine } from "../engine/index.ts";
import type { ExportGate } from "../export-gate/index.ts";
import type { Governance } from "../governance/index.ts";
import type { Clock, Config, Ids, Random } from "../kernel/index.ts";
import type { Keystore } from "../keys/index.ts";
import type { Decider } from "../policy/index.ts";
import { isUnavailable, type Store } from "../store/index.ts";
import { createClaims } from "./claims.ts";
import { createDispatcher, type Dispatcher } from "./dispatcher.ts";
import { createProvisioner } from "./file-provisioner.ts";
import { listParquet } from "./file-versions.ts";
import { createJobs, type Jobs } from "./jobs.ts";
import type { SandboxFacts } from "./ports.ts";
import { createRerun } from "./rerun.ts";
import { createRunner } from "./runner.ts";
import { createStateFeed } from "./state-feed.ts";

/** How late a watched job's change of state may be told where its signal was lost. */
const feedIntervalMs = 2000;

export interface SandboxDeps {
  readonly store: Store;
  readonly work: UnitOfWork;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly random: Random;
  readonly keys: Keystore;
  readonly decider: Decider;
  readonly engine: Engine;
  readonly catalog: Pick<Catalog, "newestVersion">;
  readonly governance: Governance;
  readonly settings: Config["enclave"];
  readonly jobs: Config["jobs"];
  readonly dataDir: string;
  readonly membership: Membership;
  readonly signals: Signals;
  readonly space: Pick<DiskSpace, "hasRoom">;
  /** Whether this gateway is fit to take jobs now. */
  readonly mayTake: () => Promise<boolean>;
  /** Whether what was just read from its clock can be relied upon. */
  readonly clockHolds: () => Promise<boolean>;
  readonly log: (message: string, error?: unknown) => void;
}

/** Jobs from submission to end. The gate is given what it asks of the sandbox first, then the sandbox the gate. */
export interface Sandbox {
  readonly ports: ReturnType<typeof createRerun>;
  /** Ends what dead gateways left running, removes what they left lying, and begins to take jobs. */
  start(gate: Pick<ExportGate, "check" | "resultChange">): Promise<Jobs>;
  /** The same for those that die later. */
  sweep(): Promise<void>;
  /** Takes no more jobs and returns when those that run have ended, however long they take. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

/** Events after which a job is in another state. */
const changesOfState = ["job.started", "job.done", "job.refused", "job.failed", "job.cancelled", "job.interrupted"] as const;

/** Events that the sandbox wants to hear of at every gateway. */
export const sandboxSignals = ["job.submitted", "job.cancel-requested", "agreement.ended", ...changesOfState] as const;

export function createSandbox(deps: SandboxDeps): Sandbox {
  const { store, work, clock, keys, engine, governance, settings } = deps;
  const facts: SandboxFacts = {
    inForce: governance.inForce,
    scopeOf: governance.scopeOf,
    newestVersion: async (resource) => {
      const found = await deps.catalog.newestVersion(resource);
      if (found === undefined) return undefined;
      const files = (await Promise.all(found.folders.map(listParquet))).flat();
      return { resource, version: found.version, contentHash: found.contentHash, files };
    },
  };
  const limits = {
    timeoutMs: settings.timeoutMs,
    memoryBytes: settings.memoryBytes,
    resultBytes: settings.resultBytes,
    threads: settings.threads,
  };
  const claims = createClaims({
    store,
    work,
    clock,
    membership: deps.membership,
    perOperator: deps.jobs.maxRunningPerOperator,
  });
  const provisioner = createProvisioner({ ...deps, facts });
  const sweep = async (): Promise<void> => {
    await provisioner.sweepOrphans();
    await claims.interruptSilent(undefined);
  };
  const feed = createStateFeed({ store, intervalMs: feedIntervalMs, log: deps.log });
  let dispatcher: Dispatcher | undefined;

  return {
    ports: createRerun({ store, keys, engine, provisioner, facts, limits, endStepMs: deps.jobs.endStepMs }),
    start: async (gate) => {
      await sweep();
      const runner = createRunner({ ...deps, claims, provisioner, facts, gate, limits, endStepMs: deps.jobs.endStepMs });
      const begun = createDispatcher({
        claims,
        runner,
        clock,
        parallel: settings.workers,
        heartbeatMs: settings.heartbeatMs,
        leaseMs: settings.leaseMs,
        log: deps.log,
        isUnavailable,
        mayTake: deps.mayTake,
        clockHolds: deps.clockHolds,
        inForce: governance.inForce,
      });
      dispatcher = begun;
      deps.signals.on(["job.submitted"], begun.wake, begun.wake);
      deps.signals.on(["job.cancel-requested", "agreement.ended"], begun.recheck, begun.recheck);
      deps.signals.on(changesOfState, ({ object, from }) => feed.hear([object, from]), feed.lookAll);
      // Whoever listens may do so for as long as the agreement is in force.
      deps.signals.on(["agreement.ended"], feed.tellAll, feed.tellAll);
      begun.wake();
      return createJobs(
        { ...deps, settings: deps.jobs, limits: settings },
        { compiler: engine.compiler, feed, onSubmitted: begun.wake, onCancelRequested: begun.cancel },
      );
    },
    sweep,
    drain: async () => dispatcher?.drain(),
    close: async () => {
      feed.close();
      await dispatcher?.close();
    },
  };
}
