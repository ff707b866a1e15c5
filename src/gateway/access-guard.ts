import type { FastifyRequest } from "fastify";
import type { UnitOfWork } from "../audit/index.ts";
import { type AuthenticatedActor, type Identity, toActor } from "../identity/index.ts";
import { isRefusal, type Refusal, refuse } from "../kernel/index.ts";
import type { Decider } from "../policy/index.ts";
import type { AnswerCode } from "./answers.ts";
import type { BrowserSessions } from "./browser-sessions.ts";
import type { RequestFitness } from "./fitness.ts";
import { describePermission, type Permission } from "./permission.ts";
import { rateClassOf } from "./rate-class.ts";
import type { RateLimits } from "./rate-limits.ts";
import type { RouteFacts } from "./route.ts";
import { codeOfLimit } from "./session-limits.ts";
import type { Transport } from "./transport.ts";

/** What a route says of who may call it. */
export type Door = Pick<RouteFacts, "permission" | "recent" | "whileLimited" | "rate" | "method" | "stream" | "evenUnfit">;

/** Stands before every handler: who is calling, and may such a caller ask this at all. */
export interface AccessGuard {
  /** Undefined: come in. The refusal is recorded before it is answered. */
  admit(request: FastifyRequest, door: Door): Promise<Refusal | undefined>;
  /** Whether an admitted request may begin new work here now. The refusal is recorded before it is answered. */
  mayBegin(request: FastifyRequest, work: NonNullable<RouteFacts["newWork"]>): Promise<Refusal | undefined>;
  callerOf(request: FastifyRequest): AuthenticatedActor | undefined;
}

const scheme = "Bearer ";

export function createAccessGuard(deps: {
  readonly identity: Pick<Identity, "authenticate">;
  readonly decider: Decider;
  readonly work: UnitOfWork;
  readonly transport: Pick<Transport, "isExposed">;
  readonly browsers: Pick<BrowserSessions, "isForeign" | "refuseForeign">;
  readonly limits: RateLimits;
  readonly isMetricsToken: (bearer: string) => boolean;
  readonly fitness: Pick<RequestFitness, "whyNoNewWork">;
}): AccessGuard {
  // Not a decorator: a property on the request could be set by anything that holds it.
  const callers = new WeakMap<FastifyRequest, AuthenticatedActor>();

  const isAllowed = (caller: AuthenticatedActor, permission: Permission): boolean => {
    if (permission === "signed-in") return caller.session !== undefined;
    if (typeof permission === "string") return true;
    // A scope only narrows: the policy is asked all the same.
    const inScope = caller.scopes === undefined || caller.scopes.includes(describePermission(permission));
    return inScope && deps.decider.mayEver(caller.roles, permission.action, permission.kind);
  };

  /** Why this caller stays out; what the session lacks is told before what the roles lack, and asked for only where they suffice. */
  const whyNot = (caller: AuthenticatedActor, { permission, recent, whileLimited }: Door): AnswerCode | undefined => {
    const { limit } = caller;
    if (limit !== undefined && !whileLimited?.includes(limit)) return codeOfLimit[limit];
    if (!isAllowed(caller, permission)) return "ACCESS_DENIED";
    return recent === true && caller.recent !== true ? "IDENTITY_REAUTHENTICATION_NEEDED" : undefined;
  };

  const admitCaller = async (request: FastifyRequest, door: Door): Promise<Refusal | undefined> => {
    const header = request.headers.authorization;
    const stranger = () => deps.limits.ofAddress(request, "stranger");
    if (header === undefined || !header.startsWith(scheme)) return (await stranger()) ?? refuse("IDENTITY_TOKEN_MISSING");
    const bearer = header.slice(scheme.length);
    const caller = deps.limits.isBad(request, bearer)
      ? refuse("IDENTITY_TOKEN_INVALID")
      : await deps.identity.authenticate(bearer);
    if (isRefusal(caller)) {
      // An address that has none left keeps nobody out who does show a token.
      deps.limits.noteBad(bearer);
      return (await stranger()) ?? caller;
    }
    callers.set(request, caller);
    const limited = await deps.limits.ofCaller(request, caller, rateClassOf(door));
    if (limited !== undefined) return limited;
    const code = whyNot(caller, door);
    if (code === undefined) return undefined;
    await deps.work.record({
      type: "access.refused",
      actor: toActor(caller),
      object: caller.id,
      outcome: "refused",
      code,
      data: { permission: describePermission(door.permission), route: request.routeOptions.url ?? "" },
    });
    return refuse(code);
  };

  const admitWatcher = async (request: FastifyRequest, door: Door): Promise<Refusal | undefined> => {
    const header = request.headers.authorization;
    const isShown = header?.startsWith(scheme) === true;
    if (isShown && deps.isMetricsToken(header.slice(scheme.length))) return deps.limits.ofAddress(request, rateClassOf(door));
    return (
      (await deps.limits.ofAddress(request, "stranger")) ?? refuse(isShown ? "IDENTITY_TOKEN_INVALID" : "IDENTITY_TOKEN_MISSING")
    );
  };

  /** Told to whoever sent it, and to the log: a password that was on the wire in the clear is worth changing. */
  const refuseExposed = async (request: FastifyRequest): Promise<Refusal> => {
    const code = "REQUEST_EXPOSED";
    await deps.work.record({
      type: "access.refused",
      actor: { kind: "anonymous" },
      object: "unknown",
      outcome: "refused",
      code,
      data: { route: request.routeOptions.url ?? "" },
    });
    return refuse(code);
  };

  return {
    admit: async (request, door) => {
      if ((door.evenUnfit !== true || door.permission === "watcher") && deps.transport.isExposed(request))
        return (await deps.limits.ofAddress(request, "stranger")) ?? refuseExposed(request);
      const isPublic = door.permission === "public";
      const limited = isPublic ? await deps.limits.ofAddress(request, rateClassOf(door)) : undefined;
      if (limited !== undefined) return limited;
      if (deps.browsers.isForeign(request))
        return (await deps.limits.ofAddress(request, "stranger")) ?? deps.browsers.refuseForeign(request);
      if (door.permission === "watcher") return admitWatcher(request, door);
      return isPublic ? undefined : admitCaller(request, door);
    },
    mayBegin: async (request, work) => {
      const declared = Number(request.headers["content-length"] ?? 0);
      const code = await deps.fitness.whyNoNewWork(
        Number.isSafeInteger(declared) ? declared : 0,
        work === true ? undefined : work,
      );
      if (code === undefined) return undefined;
      const caller = callers.get(request);
      await deps.work.record({
        type: "request.deferred",
        actor: caller === undefined ? { kind: "anonymous" } : toActor(caller),
        object: caller?.id ?? "anonymous",
        outcome: "refused",
        code,
        data: { route: request.routeOptions.url ?? "" },
      });
      return refuse(code, { retryAfterSeconds: code === "GATEWAY_DRAINING" ? 1 : 60 });
    },
    callerOf: (request) => callers.get(request),
  };
}
