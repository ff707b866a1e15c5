import type { FastifyRequest } from "fastify";
import type { UnitOfWork } from "../audit/index.ts";
import { type AuthenticatedActor, type Identity, toActor } from "../identity/index.ts";
import { isRefusal, type Refusal, refuse } from "../kernel/index.ts";
import type { Decider } from "../policy/index.ts";
import { describePermission, type Permission } from "./permission.ts";

/** Stands before every handler: who is calling, and may such a caller ask this at all. */
export interface AccessGuard {
  /** Undefined: come in. The refusal is recorded before it is answered. */
  admit(request: FastifyRequest, permission: Permission): Promise<Refusal | undefined>;
  callerOf(request: FastifyRequest): AuthenticatedActor | undefined;
}

const scheme = "Bearer ";

export function createAccessGuard(deps: {
  readonly identity: Pick<Identity, "authenticate">;
  readonly decider: Decider;
  readonly work: UnitOfWork;
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

  const admitCaller = async (request: FastifyRequest, permission: Permission): Promise<Refusal | undefined> => {
    const header = request.headers.authorization;
    if (header === undefined || !header.startsWith(scheme)) return refuse("IDENTITY_TOKEN_MISSING");
    const caller = await deps.identity.authenticate(header.slice(scheme.length));
    if (isRefusal(caller)) return caller;
    callers.set(request, caller);
    if (isAllowed(caller, permission)) return undefined;
    await deps.work.record({
      type: "access.refused",
      actor: toActor(caller),
      object: caller.id,
      outcome: "refused",
      code: "ACCESS_DENIED",
      data: { permission: describePermission(permission), route: request.routeOptions.url ?? "" },
    });
    return refuse("ACCESS_DENIED");
  };

  return {
    admit: (request, permission) => (permission === "public" ? Promise.resolve(undefined) : admitCaller(request, permission)),
    callerOf: (request) => callers.get(request),
  };
}
