import { mkdir, readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { type AuditLog, createAuditLog, createIdempotency, createUnitOfWork } from "../audit/index.ts";
import { createCatalog } from "../catalog/index.ts";
import {
  adoptDataFolder,
  type ClusterError,
  createDiskMeasure,
  createDiskSpace,
  createSignals,
  joinGateways,
  lostError,
  type MeasureDisk,
} from "../cluster/index.ts";
import { createEngine, defaultEngineLimits, type Engine, sweepWorkFolders } from "../engine/index.ts";
import { createExportGate } from "../export-gate/index.ts";
import { type Gateway, startGateway } from "../gateway/index.ts";
import { createGovernance } from "../governance/index.ts";
import { createActivePolicy, createIdentity, createPolicyProposals, openSetupCode, type PolicyTexts } from "../identity/index.ts";
import { type Clock, type Config, createIds, type Random, systemClock, systemRandom } from "../kernel/index.ts";
import { openKeystore } from "../keys/index.ts";
import { platformFloor } from "../policy/index.ts";
import { createSandbox, sandboxSignals } from "../sandbox/index.ts";
import { openStore, type ServerUrls, type Store } from "../store/index.ts";
import { createDrain } from "./drain.ts";
import { openLogFile } from "./file-log.ts";
import { openMetricsToken } from "./file-metrics-token.ts";
import { createFitness } from "./fitness.ts";
import { createGauges } from "./gauges.ts";
import { createLog, type LogTarget } from "./pino-log.ts";

export interface PlatformOptions {
  readonly dataDir: string;
  readonly keyFile: string;
  readonly config: Config;
  /** A PostgreSQL server that several gateways share; without it the embedded one is started. */
  readonly server?: ServerUrls | undefined;
  /** Access policy of the release, where it is not the one in `config/access/`. */
  readonly policy?: PolicyTexts | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  /** Whether the clock is held against the store's; by default where it is the machine's, for a test's own runs as it likes. */
  readonly checkClock?: boolean | undefined;
  /** What free disk space is; by default what the operating system says of the data folder. */
  readonly measureDisk?: MeasureDisk | undefined;
  /** Where the log goes; by default to standard output. */
  readonly logTo?: LogTarget | undefined;
  /** log2 of scrypt's N for new passwords; no setting, for tests that sign many people up. */
  readonly passwordLog2Cost?: number | undefined;
}

export interface Platform {
  readonly url: string;
  readonly gateway: Gateway;
  readonly engine: Engine;
  readonly store: Store;
  readonly auditLog: AuditLog;
  /** Where the first administrators' code lies; undefined once they exist. */
  readonly setupCodePath: string | undefined;
  /** Settles, with what to say, if the other gateways declared this one lost: it should end and be started anew. */
  readonly lost: Promise<ClusterError>;
  /** The log's file was moved away: goes on in a new one. Undefined where the log goes to standard output. */
  readonly reopenLog: (() => void) | undefined;
  /** Ends what runs (jobs as interrupted) and stops the database: nothing acknowledged is lost. */
  close(): Promise<void>;
  /** The same in peace: takes no new work, and gives what runs the time of `server.drainMs` to end first. */
  drain(): Promise<void>;
  /** A drain that is under way has no more time. */
  hasten(): void;
}

/** Agreements whose term is over are out of force at once; that they are also marked so may take this long. */
const expiryIntervalMs = 60_000;
/** The active policy is looked at this often, beside every signal and before every request that finds it older than half a second. */
const policyPollMs = 1000;

async function shippedPolicy(): Promise<PolicyTexts> {
  const text = (name: string) => readFile(join(import.meta.dirname, "../../config/access", name), "utf8");
  return { model: await text("model.conf"), policy: await text("policy.csv") };
}

/** Closes what was opened, last first, whatever each of them does. */
function closer() {
  const steps: (() => Promise<unknown>)[] = [];
  return {
    add: (step: () => Promise<unknown>) => void steps.unshift(step),
    close: async () => {
      let failure: unknown;
      for (const step of steps.splice(0))
        await step().catch((error: unknown) => {
          failure ??= error;
        });
      if (failure !== undefined) throw failure;
    },
  };
}

/** Puts the parts together and starts them. A part that cannot start closes those before it. */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const closing = closer();
  try {
    return await start(options, closing);
  } catch (error) {
    await closing.close().catch(() => undefined);
    throw error;
  }
}

async function start(options: PlatformOptions, closing: ReturnType<typeof closer>): Promise<Platform> {
  const { dataDir, config } = options;
  const clock = options.clock ?? systemClock;
  const random = options.random ?? systemRandom;
  const logFile = config.log.file === "-" ? undefined : await openLogFile({ settings: config.log, clock: systemClock });
  if (logFile !== undefined) closing.add(logFile.close);
  const log = createLog(config.log, options.logTo ?? logFile);
  // Others may pass through, to the database's folder that belongs to its own account; what is inside is closed to them.
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  const store = await openStore({
    dataDir,
    random,
    // What ends a session or the server; its other errors are the guards of the unit of work at their work.
    log: (line) => log[/\b(FATAL|PANIC):/.test(line) ? "warn" : "debug"]({ component: "postgres" }, line),
    server: options.server,
  });
  closing.add(store.close);
  const ids = createIds({ clock, random });
  let wakeLog: () => void = () => undefined;
  const work = createUnitOfWork({
    store,
    ids,
    clock,
    random,
    onRecorded: () => wakeLog(),
    signals: new Set<string>([...sandboxSignals, "access-policy.activated"]),
  });
  // One gateway at a time: the first makes keys and names, the others find them.
  const keys = await store.exclusively("start", async () => {
    await adoptDataFolder({ store, work, ids, clock, dataDir });
    return openKeystore({ path: join(dataDir, "keystore"), rootKeyPath: options.keyFile, dataDir, random });
  });
  const auditLog = await createAuditLog({
    store,
    work,
    keys,
    ids,
    clock,
    origin: config.audit.origin,
    checkpointPath: join(dataDir, "checkpoint"),
    intervalMs: config.audit.sequenceIntervalMs,
    log: (message, error) => log.error({ err: error }, message),
  });
  closing.add(auditLog.close);
  wakeLog = auditLog.wake;
  const policyDeps = {
    store,
    work,
    ids,
    clock,
    shipped: options.policy ?? (await shippedPolicy()),
    log: (message: string, error?: unknown) => log.error({ err: error }, message),
  };
  const policy = await store.exclusively("start", () => createActivePolicy(policyDeps));
  const { decider } = policy;
  const idempotency = await createIdempotency({
    store,
    work,
    clock,
    keys,
    keepMs: config.server.idempotencyKeepMs,
    log: (message, error) => log.warn({ err: error }, message),
  });
  let sweepPeers: () => Promise<unknown> = async () => undefined;
  const membership = await joinGateways({
    store,
    work,
    ids,
    clock,
    name: `${hostname()}/${process.pid}`,
    about: { policy: decider.hash },
    beatMs: config.enclave.heartbeatMs,
    leaseMs: config.enclave.leaseMs,
    onPeerGone: () => {
      sweepPeers().catch((error: unknown) => log.warn({ err: error }, "what a gone gateway left could not be swept"));
    },
    log: (message, error) => log.warn({ err: error }, message),
  });
  closing.add(membership.close);
  const signals = createSignals({ store });
  closing.add(signals.close);
  const followPolicy = (): void => {
    policy.look().catch((error: unknown) => log.warn({ err: error }, "the active policy could not be read"));
  };
  signals.on(["access-policy.activated"], followPolicy, followPolicy);
  const policyPoll = setInterval(followPolicy, policyPollMs);
  closing.add(async () => clearInterval(policyPoll));
  const space = createDiskSpace({
    marks: config.storage,
    measure: options.measureDisk ?? createDiskMeasure(dataDir),
    log: (message, error) => log.warn({ err: error }, message),
  });
  const fitness = await createFitness({
    store,
    work,
    clock,
    policy,
    gateway: membership.id,
    space,
    checkMs: config.storage.checkMs,
    checkClock: options.checkClock ?? options.clock === undefined,
    log: (message, error) => log.warn({ err: error }, message),
  });
  closing.add(fitness.close);
  await sweepWorkFolders(dataDir, membership.alive);
  const engine = await createEngine({
    dataDir,
    instance: membership.id,
    limits: {
      ...defaultEngineLimits,
      workers: config.enclave.workers,
      compilers: config.enclave.compilers,
      sqlBytes: config.enclave.sqlBytes,
    },
    isolation: { allowWeak: config.enclave.allowWeakIsolation },
    log,
  });
  closing.add(engine.close);
  const setupCodePath = join(dataDir, "first-admin-code");
  const setupCode = openSetupCode({ path: setupCodePath, random });
  const shared = { store, work, ids, clock, random, keys, decider, membership, space };
  const identity = await createIdentity({
    ...shared,
    settings: config.identity,
    setupCode,
    passwordLog2Cost: options.passwordLog2Cost,
  });
  const needsSetup = await store.exclusively("start", async () => {
    await identity.applyIssuerSettings();
    const needed = await identity.needed();
    if (needed) await setupCode.offer();
    return needed;
  });
  const catalog = createCatalog({ ...shared, engine, limits: config.ingest, dataDir });
  await catalog.sweepOrphans();
  await catalog.sweepUploads();
  const { minOwners, dominancePercent, pPercent } = config.release;
  const floor = { ...platformFloor, minOwners, dominanceShare: dominancePercent / 100, pPercent };
  const governance = createGovernance({ ...shared, catalog, floor });
  const sandbox = createSandbox({
    ...shared,
    engine,
    catalog,
    governance,
    settings: config.enclave,
    jobs: config.jobs,
    dataDir,
    signals,
    mayTake: fitness.mayTake,
    clockHolds: fitness.clockHolds,
    log: (message, error) => log.warn({ err: error }, message),
  });
  const gate = createExportGate({
    ...shared,
    log: auditLog,
    governance,
    ports: sandbox.ports,
    settings: config.export,
    dataDir,
    packageKeyName: `${config.audit.origin}/packages`,
  });
  const jobs = await sandbox.start(gate);
  closing.add(sandbox.close);
  sweepPeers = async () => {
    await sandbox.sweep();
    await catalog.sweepOrphans();
    await sweepWorkFolders(dataDir, membership.alive);
  };
  const expiry = setInterval(() => {
    governance.expireDue().catch((error: unknown) => log.warn({ err: error }, "expired agreements could not be marked"));
    catalog.sweepUploads().catch((error: unknown) => log.warn({ err: error }, "expired uploads could not be removed"));
    gate.expireResults().catch((error: unknown) => log.warn({ err: error }, "expired results could not be deleted"));
    idempotency.sweep().catch((error: unknown) => log.warn({ err: error }, "kept answers past their time could not be deleted"));
  }, expiryIntervalMs);
  closing.add(async () => clearInterval(expiry));
  const gateway = await startGateway({
    settings: config.server,
    webOrigin: config.identity.webOrigin,
    uploadTimeoutMs: config.ingest.timeoutMs,
    log,
    ids,
    clock,
    limits: config.limits,
    gauges: createGauges({ store, engine, jobs, auditLog }),
    isMetricsToken: await openMetricsToken({ path: join(dataDir, "metrics-token"), random }),
    work,
    decider,
    identity,
    catalog,
    governance,
    jobs,
    gate,
    auditLog,
    idempotency,
    readiness: async () => ({
      ...(await fitness.readiness()),
      isolation: { level: engine.isolation.level, weakAllowed: config.enclave.allowWeakIsolation },
    }),
    fitness,
    policies: createPolicyProposals({ ...policyDeps, active: policy }),
    policyStatus: policy.known,
  });
  closing.add(gateway.close);
  return {
    url: gateway.url,
    gateway,
    engine,
    store,
    auditLog,
    setupCodePath: needsSetup ? setupCodePath : undefined,
    lost: membership.lost.then(() => lostError(membership.id)),
    reopenLog: logFile?.reopen,
    close: closing.close,
    ...createDrain({
      settings: config.server,
      fitness,
      jobs: sandbox.drain,
      cut: gateway.cut,
      close: closing.close,
      log: (message) => log.info(message),
    }),
  };
}
