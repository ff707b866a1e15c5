import type { FastifyRequest } from "fastify";
import type { UnitOfWork } from "../audit/index.ts";
import { type AuthenticatedActor, type Identity, toActor } from "../identity/index.ts";
import { isRefusal, type Refusal, refuse } from "../kernel/index.ts";
import type { Decider } from "../policy/index.ts";
import type { AnswerCode } from "./answers.ts";
import type { BrowserSessions } from "./browser-sessions.ts";
import type { RequestFitness } from "./fitness.ts";
import { describePermission, type Permission } from "./permission.ts";
import type { RouteFacts } from "./route.ts";
import { codeOfLimit } from "./session-limits.ts";
import type { Transport } from "./transport.ts";

/** What a route says of who may call it. */
export type Door = Pick<RouteFacts, "permission" | "recent" | "whileLimited" | "evenUnfit">;

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
  readonly browsers: Pick<BrowserSessions, "admit">;
  readonly transport: Pick<Transport, "isExposed">;
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
    if (header === undefined || !header.startsWith(scheme)) return refuse("IDENTITY_TOKEN_MISSING");
    const caller = await deps.identity.authenticate(header.slice(scheme.length));
    if (isRefusal(caller)) return caller;
    callers.set(request, caller);
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
      if (door.evenUnfit !== true && deps.transport.isExposed(request)) return refuseExposed(request);
      const foreign = await deps.browsers.admit(request);
      if (foreign !== undefined || door.permission === "public") return foreign;
      return admitCaller(request, door);
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
