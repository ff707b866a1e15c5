import type { Actor } from "../audit/index.ts";
import type { Id } from "../kernel/index.ts";
import type { OrganisationKind } from "../store/index.ts";

/** An account that showed a valid token or key: the audit's actor, and what it is called. */
export type AuthenticatedActor = Extract<Actor, { kind: "account" }> & {
  readonly organisationKind: OrganisationKind;
  readonly login: string;
  readonly name: string;
  /** Permissions (`job:submit`) beyond which a service key may not go, whatever its role allows. Absent: no such bound. */
  readonly scopes?: readonly string[] | undefined;
};

/** What enters events: ids and roles, no names. */
export function toActor(caller: AuthenticatedActor): Actor {
  const { id, organisation, roles, session, key, issuer } = caller;
  return { kind: "account", id, organisation, roles, session, key, issuer };
}

export type SessionId = Id<"session">;
