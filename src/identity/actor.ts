import type { Actor } from "../audit/index.ts";
import type { Id } from "../kernel/index.ts";
import type { OrganisationKind } from "../store/index.ts";

/**
 * Why a session opens nothing yet but what removes the reason:
 * - `second-factor`: the account has one, this session has not shown it;
 * - `password-change`: somebody else chose the password;
 * - `enrolment`: a role of the account needs a second factor, and it has none.
 */
export type SessionLimit = "second-factor" | "password-change" | "enrolment";

/** An account that showed a valid token or key: the audit's actor, and what it is called. */
export type AuthenticatedActor = Extract<Actor, { kind: "account" }> & {
  readonly organisationKind: OrganisationKind;
  readonly login: string;
  readonly name: string;
  /** Permissions (`job:submit`) beyond which a service key may not go, whatever its role allows. Absent: no such bound. */
  readonly scopes?: readonly string[] | undefined;
  /** While it stands, `roles` is empty: what the gateway forgot to close, the access policy keeps closed. */
  readonly limit?: SessionLimit | undefined;
  /** Whether this session showed a factor lately enough to vote, release or give roles. Absent: it did not. */
  readonly recent?: boolean | undefined;
};

/** What enters events: ids and roles, no names. */
export function toActor(caller: AuthenticatedActor): Actor {
  const { id, organisation, roles, session, key, issuer } = caller;
  return { kind: "account", id, organisation, roles, session, key, issuer };
}

export type SessionId = Id<"session">;
