import type { Actor } from "../audit/index.ts";
import type { Id } from "../kernel/index.ts";
import type { OrganisationKind } from "../store/index.ts";

/** An account that showed a valid token: the audit's actor, and what it is called. */
export type AuthenticatedActor = Extract<Actor, { kind: "account" }> & {
  readonly organisationKind: OrganisationKind;
  readonly login: string;
  readonly name: string;
};

/** What enters events: ids and roles, no names. */
export function toActor(caller: AuthenticatedActor): Actor {
  return { kind: "account", id: caller.id, organisation: caller.organisation, roles: caller.roles, session: caller.session };
}

export type SessionId = Id<"session">;
