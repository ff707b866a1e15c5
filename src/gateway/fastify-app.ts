import type { Server } from "node:http";
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from "fastify";
import type { Idempotency } from "../audit/index.ts";
import { type Ids, isRefusal } from "../kernel/index.ts";
import type { AccessGuard } from "./access-guard.ts";
import { addAccessLog } from "./access-log.ts";
import { createAllowedMethods } from "./allowed-methods.ts";
import { addBodyDeadline } from "./body-deadline.ts";
import { addCrossOrigin } from "./cross-origin.ts";
import type { Certificate } from "./file-certificate.ts";
import type { RequestFitness } from "./fitness.ts";
import { createIdempotentRequests } from "./idempotent-requests.ts";
import { describeFinding, type SchemaFinding } from "./invalid-request.ts";
import type { Metrics } from "./metrics.ts";
import { addPackedAnswers } from "./packed-answers.ts";
import { describePermission, type Permission } from "./permission.ts";
import { sendProblem, sendRefusal } from "./problem.ts";
import { addRateLimits, type createRateLimits } from "./rate-limits.ts";
import { createRawProblems } from "./raw-problem.ts";
import type { AnyRoute } from "./route.ts";
import { securityHeaders } from "./security-headers.ts";
import { successStatus } from "./success.ts";
import type { Transport } from "./transport.ts";
import { createWebServer, type WebServerLimits, type WebServerParts } from "./web-server.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    permission?: Permission;
    recent?: boolean;
    whileLimited?: readonly string[];
    packs?: boolean;
    streams?: boolean;
  }
}

export interface AppOptions {
  readonly guard: AccessGuard;
  readonly routes: readonly AnyRoute[];
  readonly idempotency: Idempotency;
  readonly log: FastifyBaseLogger;
  readonly ids: Ids;
  readonly metrics: Pick<Metrics, "answered">;
  readonly rates: ReturnType<typeof createRateLimits>;
  readonly bodyLimitBytes: number;
  /** A JSON body arrives within this time. */
  readonly bodyTimeoutMs: number;
  /** Pages of these origins may use the interface. */
  readonly corsOrigins: readonly string[];
  readonly limits: WebServerLimits;
  readonly certificate: Certificate | undefined;
  readonly transport: Transport;
  readonly fitness: RequestFitness;
  /** Whether an error means that the store does not answer (a 503, worth trying again). */
  readonly isUnavailable: (error: unknown) => boolean;
  /** Before it waits for answers under way: ends those that have no end of their own. */
  readonly onClosing: () => Promise<void>;
}

/** A route as registered, for the test that walks them. */
export interface RegisteredRoute {
  readonly method: string;
  readonly url: string;
  readonly permission: string;
  /** Whether it asks for a factor shown lately. */
  readonly recent: boolean;
  /** Which limited sessions it opens to. */
  readonly whileLimited: readonly string[];
}

/** Fastify's own refusals, as ours. What is not here is an error of ours: 500, and nothing told. */
const frameworkCodes: Readonly<Record<string, string>> = {
  FST_ERR_VALIDATION: "REQUEST_INVALID",
  FST_ERR_CTP_INVALID_JSON_BODY: "REQUEST_INVALID",
  FST_ERR_CTP_EMPTY_JSON_BODY: "REQUEST_INVALID",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "REQUEST_INVALID",
  FST_ERR_CTP_BODY_TOO_LARGE: "REQUEST_TOO_LARGE",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "REQUEST_MEDIA_TYPE",
  FST_ERR_MAX_PARAM_LENGTH: "NOT_FOUND",
  FST_ERR_BAD_URL: "NOT_FOUND",
  FST_ERR_ASYNC_CONSTRAINT: "NOT_FOUND",
  FST_ERR_CTP_INVALID_TYPE: "REQUEST_MEDIA_TYPE",
};

interface MaybeFrameworkError {
  readonly code?: string;
  readonly message: string;
  readonly validation?: readonly SchemaFinding[];
  readonly validationContext?: string;
}

function answerError(
  error: MaybeFrameworkError,
  request: FastifyRequest,
  reply: FastifyReply,
  options: AppOptions,
): FastifyReply {
  const code = error.code === undefined ? undefined : frameworkCodes[error.code];
  if (code !== undefined) {
    const finding = describeFinding(error.validation);
    const where = finding === undefined ? undefined : { in: error.validationContext ?? "body", ...finding };
    return sendProblem(reply, code, where);
  }
  if (error instanceof SyntaxError) return sendProblem(reply, "REQUEST_INVALID", { in: "body", at: "/", problem: "is not JSON" });
  if (error.code === "AUDIT_CLAIM_LOST") return sendProblem(reply, "IDEMPOTENCY_IN_FLIGHT");
  if (options.isUnavailable(error)) {
    reply.header("retry-after", "1");
    return sendProblem(reply, "UNAVAILABLE");
  }
  request.log.error({ err: error }, "request failed");
  return sendProblem(reply, "INTERNAL");
}

function schemaOf(route: AnyRoute): Record<string, unknown> {
  return {
    ...(route.params === undefined ? {} : { params: route.params }),
    ...(route.query === undefined ? {} : { querystring: route.query }),
    ...(route.body === undefined ? {} : { body: route.body }),
  };
}

/** What is packed is never unpacked: it would be validated as its packing, and a small one be a very large one. */
const isPacked = ({ headers }: FastifyRequest): boolean =>
  (headers["content-encoding"] ?? "identity").trim().toLowerCase() !== "identity";

function isOfType(types: readonly string[], { headers }: FastifyRequest): boolean {
  const [essence = ""] = (headers["content-type"] ?? "").split(";", 1);
  return types.includes(essence.trim().toLowerCase());
}

function register(app: FastifyInstance, route: AnyRoute, options: AppOptions): void {
  const success = successStatus(route.answers);
  const once = createIdempotentRequests(route, {
    idempotency: options.idempotency,
    log: (message, error) => options.log.warn({ err: error }, message),
  });
  app.route({
    method: route.method,
    url: route.url,
    schema: schemaOf(route),
    config: {
      permission: route.permission,
      recent: route.recent ?? false,
      whileLimited: route.whileLimited ?? [],
      packs: route.packs ?? false,
      streams: route.stream !== undefined,
    },
    ...(route.stream === undefined ? {} : { bodyLimit: Number.MAX_SAFE_INTEGER }),
    // Before the body is read: a stranger's gigabyte is not taken in.
    onRequest: async (request, reply) => {
      const unfit = route.evenUnfit === true ? undefined : await options.fitness.whyUnfit();
      if (unfit !== undefined) return sendProblem(reply.header("retry-after", "1"), unfit);
      const admitted = await options.guard.admit(request, route);
      if (isRefusal(admitted)) return sendRefusal(reply, admitted);
      const busy = route.newWork !== undefined ? await options.guard.mayBegin(request, route.newWork) : undefined;
      if (isRefusal(busy)) return sendRefusal(reply, busy);
      const takesBody = route.method !== "GET" && route.method !== "OPTIONS";
      if (takesBody && isPacked(request)) return sendProblem(reply, "REQUEST_MEDIA_TYPE");
      if (route.stream !== undefined && !isOfType(route.stream, request)) return sendProblem(reply, "REQUEST_MEDIA_TYPE");
      if (route.ifMatch === "required" && request.headers["if-match"] === undefined)
        return sendProblem(reply, "PRECONDITION_MISSING");
      return undefined;
    },
    // After the body is read and has its form: a malformed request claims nothing.
    preHandler: async (request, reply) => {
      const begun = await once.begin(request, reply, options.guard.callerOf(request));
      if (isRefusal(begun)) return sendRefusal(reply, begun);
      return begun;
    },
    onSend: (request, reply, payload) => once.settle(request, reply, payload),
    handler: async (request, reply) => {
      const { params, query, body } = request;
      const readmit = async () =>
        isRefusal(await options.guard.admit(request, route)) ? undefined : options.guard.callerOf(request);
      const call = { caller: options.guard.callerOf(request), params, query, body, request, reply, readmit };
      const answer = await once.run(request, () => route.handle(call as Parameters<AnyRoute["handle"]>[0]));
      if (isRefusal(answer)) return sendRefusal(reply, answer);
      if (answer !== reply) reply.code(success);
      return answer;
    },
  });
}

/** Where nothing is found: an address of ours by another method says which it knows (RFC 9110, 15.5.6). */
function sendNotFound(allowed: readonly string[], reply: FastifyReply): FastifyReply {
  if (allowed.length === 0) return sendProblem(reply, "NOT_FOUND");
  return sendProblem(reply.header("allow", allowed.join(", ")), "METHOD_NOT_ALLOWED");
}

/** The path as the router reads it. */
function pathOf({ url }: FastifyRequest): string {
  const [path = ""] = url.replace(/^[a-z]+:\/\/[^/]*/i, "").split(/[?#]/, 1);
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

/** The HTTP server without an address: routes, guard, shapes of answers. No rule lives here. */
export function createApp(options: AppOptions): {
  readonly app: FastifyInstance;
  readonly registered: readonly RegisteredRoute[];
  readonly renew: (certificate: Certificate) => void;
} {
  const registered: RegisteredRoute[] = [];
  const { strict, trusts } = options.transport;
  const headers = Object.entries(securityHeaders(strict));
  const addHeaders = (reply: FastifyReply): FastifyReply => {
    for (const [name, value] of headers) if (!reply.hasHeader(name)) reply.header(name, value);
    return reply;
  };
  const problems = createRawProblems({ strict, makeId: () => options.ids.make("request") });
  let parts: WebServerParts | undefined;
  let isClosing = false;
  const app = Fastify({
    serverFactory: (handler) => {
      parts = createWebServer(handler, { ...options, problems });
      // The two differ in what is below the requests; the framework asks for neither.
      return parts.server as Server;
    },
    trustProxy: trusts,
    clientErrorHandler: (error, socket) => parts?.onClientError(error, socket),
    frameworkErrors: (error, request, reply) => answerError(error, request as FastifyRequest, addHeaders(reply), options),
    loggerInstance: options.log,
    // Never the sender's own: it would choose what a line of the log is found by.
    genReqId: () => options.ids.make("request"),
    bodyLimit: options.bodyLimitBytes,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: "idle",
    // Told by us, below.
    return503OnClosing: false,
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: false, allErrors: false } },
    schemaErrorFormatter: (errors, context) =>
      Object.assign(new Error("invalid"), { validation: errors, validationContext: context, code: "FST_ERR_VALIDATION" }),
  });
  const allowed = createAllowedMethods(registered);
  app.addHook("onRoute", (definition) => {
    const { permission, recent = false, whileLimited = [] } = definition.config ?? {};
    if (permission === undefined)
      throw new TypeError(`Route ${String(definition.method)} ${definition.url} declares no permission.`);
    for (const method of [definition.method].flat())
      registered.push({ method, url: definition.url, permission: describePermission(permission), recent, whileLimited });
  });
  addAccessLog(app, { callerOf: options.guard.callerOf, metrics: options.metrics });
  addRateLimits(app, options.rates);
  const crossOrigin = addCrossOrigin(app, { origins: options.corsOrigins, limits: options.rates });
  addBodyDeadline(app, options.bodyTimeoutMs);
  addPackedAnswers(app);
  app.addHook("preClose", async () => {
    isClosing = true;
    await options.onClosing();
    parts?.connections.endQuiet();
  });
  app.addHook("onRequest", async (request, reply) => {
    if (isClosing) return sendProblem(reply.header("retry-after", "1"), "UNAVAILABLE");
    // Before its body is read, or found to lack a type.
    return request.is404 ? sendNotFound(allowed(pathOf(request)), reply) : undefined;
  });
  // Admitted: now its body is wanted.
  app.addHook("preParsing", async (request, reply) => parts?.askForBody(request.raw, reply.raw));
  app.addHook("onSend", async (request, reply) => {
    // A client that was not asked for its body may send it all the same: what follows would be read as it.
    if (isClosing || options.fitness.isDraining() || parts?.isWaiting(request.raw)) reply.header("connection", "close");
    addHeaders(reply);
  });
  // What is no JSON is a stream that a route names, or nothing.
  app.removeContentTypeParser("text/plain");
  const streamed = new Set(options.routes.flatMap(({ stream }) => stream ?? []));
  for (const type of streamed) app.addContentTypeParser(type, (_request, payload, done) => done(null, payload));
  app.setErrorHandler((error: MaybeFrameworkError, request, reply) => answerError(error, request, reply, options));
  for (const route of options.routes) register(app, route, options);
  crossOrigin.addPreflights();
  app.setNotFoundHandler((request, reply) => sendNotFound(allowed(pathOf(request)), reply));
  return { app, registered, renew: (certificate) => parts?.renew(certificate) };
}
