import type { FastifyBaseLogger } from "fastify";
import type { AuditLog, Idempotency, UnitOfWork } from "../audit/index.ts";
import type { Catalog } from "../catalog/index.ts";
import type { ExportGate } from "../export-gate/index.ts";
import type { Governance } from "../governance/index.ts";
import type { Identity, PolicyProposals, PolicyStatus } from "../identity/index.ts";
import type { Clock, Config, Ids } from "../kernel/index.ts";
import type { Decider } from "../policy/index.ts";
import type { Jobs } from "../sandbox/index.ts";
import { isUnavailable } from "../store/index.ts";
import { createAccessGuard } from "./access-guard.ts";
import { type BrowserSessions, createBrowserSessions } from "./browser-sessions.ts";
import { openCertificate } from "./certificate.ts";
import { GatewayError } from "./errors.ts";
import { createEventStreams, type EventStreams } from "./event-streams.ts";
import { createApp, type RegisteredRoute } from "./fastify-app.ts";
import type { RequestFitness } from "./fitness.ts";
import { createMetrics, type Gauges, type Metrics } from "./metrics.ts";
import { createRateLimits } from "./rate-limits.ts";
import type { AnyRoute } from "./route.ts";
import { accountRoutes } from "./routes/accounts.ts";
import { agreementRoutes } from "./routes/agreements.ts";
import { auditRoutes } from "./routes/audit.ts";
import { authRoutes } from "./routes/auth.ts";
import { catalogRoutes } from "./routes/catalog.ts";
import { docsRoutes } from "./routes/docs.ts";
import { documentRoutes } from "./routes/document.ts";
import { exportRoutes } from "./routes/exports.ts";
import { factorRoutes } from "./routes/factors.ts";
import { healthRoutes, type Readiness } from "./routes/health.ts";
import { issuerRoutes } from "./routes/issuers.ts";
import { jobEventRoutes } from "./routes/job-events.ts";
import { jobRoutes } from "./routes/jobs.ts";
import { metricsRoutes } from "./routes/metrics.ts";
import { policyRoutes } from "./routes/policy.ts";
import { queryRoutes } from "./routes/queries.ts";
import { serviceKeyRoutes } from "./routes/service-keys.ts";
import { sessionRoutes } from "./routes/sessions.ts";
import { createTransport } from "./transport.ts";
import { createTrustedProxies } from "./trusted-proxies.ts";

export interface GatewayDeps {
  readonly settings: Config["server"];
  readonly uploadTimeoutMs: number;
  readonly log: FastifyBaseLogger;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly limits: Config["limits"];
  readonly work: UnitOfWork;
  readonly decider: Decider;
  readonly identity: Identity;
  readonly catalog: Catalog;
  readonly governance: Governance;
  readonly jobs: Jobs;
  readonly gate: ExportGate;
  readonly auditLog: AuditLog;
  readonly idempotency: Idempotency;
  /** Where browsers reach the platform: setting `identity.webOrigin`. */
  readonly webOrigin: string;
  readonly readiness: () => Promise<Readiness>;
  readonly gauges: () => Promise<Gauges>;
  /** Whether a text is the token that opens `/metrics`. */
  readonly isMetricsToken: (bearer: string) => boolean;
  readonly fitness: RequestFitness;
  readonly policies: PolicyProposals;
  readonly policyStatus: () => PolicyStatus;
}

export interface Gateway {
  readonly url: string;
  readonly routes: readonly RegisteredRoute[];
  /** Looks now whether the certificate was renewed, as it does by itself from time to time; without TLS there is none. */
  readonly lookAtCertificate: (() => Promise<void>) | undefined;
  /** Takes no new connections and waits for requests under way. */
  close(): Promise<void>;
  /** Ends every connection now, whatever is under way on it. */
  cut(): void;
}

function allRoutes(
  deps: GatewayDeps & { readonly browsers: BrowserSessions; readonly streams: EventStreams; readonly metrics: Metrics },
): readonly AnyRoute[] {
  const routes = [
    ...healthRoutes(deps),
    ...metricsRoutes(deps),
    ...authRoutes(deps),
    ...issuerRoutes(deps),
    ...factorRoutes(deps),
    ...sessionRoutes(deps),
    ...accountRoutes(deps),
    ...serviceKeyRoutes(deps),
    ...catalogRoutes(deps),
    ...agreementRoutes(deps),
    ...jobRoutes(deps),
    ...jobEventRoutes(deps),
    ...queryRoutes(deps),
    ...exportRoutes(deps),
    ...auditRoutes({ log: deps.auditLog, packageKey: deps.gate.packageKey }),
    ...policyRoutes(deps),
    ...docsRoutes(),
  ];
  return [...routes, ...documentRoutes(routes)];
}

/** The platform's HTTP face, listening. */
export async function startGateway(deps: GatewayDeps): Promise<Gateway> {
  const browsers = createBrowserSessions({ origin: deps.webOrigin, work: deps.work });
  const streams = createEventStreams({
    perAccount: deps.settings.eventStreamsPerAccount,
    heartbeatMs: deps.settings.eventHeartbeatMs,
  });
  const { tlsCertFile, tlsKeyFile, trustedProxies } = deps.settings;
  const isProxy = createTrustedProxies(trustedProxies);
  const certificate =
    tlsCertFile === "-"
      ? undefined
      : await openCertificate({ files: { certFile: tlsCertFile, keyFile: tlsKeyFile }, log: deps.log });
  const transport = createTransport({ tls: certificate !== undefined, hasProxies: trustedProxies.length > 0, isProxy });
  const metrics = createMetrics({ gauges: deps.gauges, startedAtSeconds: Math.floor(deps.clock.now().getTime() / 1000) });
  const rates = createRateLimits({
    settings: deps.limits,
    clock: deps.clock,
    work: deps.work,
    onRefused: metrics.limited,
    log: (message, error) => deps.log.warn({ err: error }, message),
  });
  const { app, registered, renew } = createApp({
    certificate: certificate?.current,
    transport,
    guard: createAccessGuard({ ...deps, browsers, transport, limits: rates }),
    rates,
    metrics,
    routes: allRoutes({ ...deps, browsers, streams, metrics }),
    idempotency: deps.idempotency,
    log: deps.log,
    ids: deps.ids,
    bodyLimitBytes: deps.settings.bodyLimitBytes,
    bodyTimeoutMs: deps.settings.requestTimeoutMs,
    corsOrigins: deps.settings.corsOrigins,
    limits: {
      headersTimeoutMs: deps.settings.requestTimeoutMs,
      requestTimeoutMs: deps.uploadTimeoutMs,
      keepAliveMs: deps.settings.keepAliveMs,
      requestsPerConnection: deps.settings.requestsPerConnection,
    },
    isUnavailable,
    fitness: deps.fitness,
    onClosing: streams.close,
  });
  const { host, port } = deps.settings;
  const url = await app.listen({ host, port }).catch(async (cause: NodeJS.ErrnoException) => {
    // A process that could not begin must be able to end.
    await rates.close();
    if (cause.code !== "EADDRINUSE") throw cause;
    throw new GatewayError(
      "GATEWAY_ADDRESS_TAKEN",
      `Another program listens on ${host}:${port}. Stop it, or set server.port (HANGUANG_SERVER_PORT=7311).`,
      { cause },
    );
  });
  const following = certificate?.follow(renew);
  return {
    url: certificate === undefined ? url : url.replace(/^http:/, "https:"),
    routes: registered,
    lookAtCertificate: following?.look,
    close: async () => {
      following?.stop();
      await app.close();
      await rates.close();
    },
    cut: () => app.server.closeAllConnections(),
  };
}
