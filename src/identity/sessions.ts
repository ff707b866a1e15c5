import { sql } from "kysely";
import { expectOne } from "../audit/index.ts";
import { type Refusal, refuse, toId } from "../kernel/index.ts";
import { type AuthenticatedActor, type SessionLimit, toActor } from "./actor.ts";
import type { IdentityContext } from "./context.ts";
import type { Tokens } from "./jose-tokens.ts";
import type { IdentityRefusalCode } from "./refusals.ts";
import { needsSecondFactor } from "./role-rules.ts";

export interface Sessions {
  /** Ends the session; ending it twice is no change. */
  logout(caller: AuthenticatedActor): Promise<void>;
  /** Who a bearer token is, with organisation, roles and standing as they are now. */
  authenticate(token: string): Promise<AuthenticatedActor | Refusal<IdentityRefusalCode>>;
}

/** Read anew at each request: who gains a role at noon enrols at noon, whatever was signed in with before. */
function limitOf(session: {
  readonly secondFactorShown: boolean;
  readonly enrolled: boolean;
  readonly passwordChangeNeeded: boolean;
  readonly roles: readonly string[];
}): SessionLimit | undefined {
  if (session.enrolled && !session.secondFactorShown) return "second-factor";
  if (session.passwordChangeNeeded) return "password-change";
  if (!session.enrolled && needsSecondFactor(session.roles)) return "enrolment";
  return undefined;
}

export function createSessions({ store, work, clock, settings }: IdentityContext, tokens: Tokens): Sessions {
  const { db } = store;
  return {
    logout: async (caller) => {
      // Only a session can be ended; the gateway lets nobody else come here.
      if (caller.session === undefined) return;
      const end = db
        .updateTable("session")
        .set({ revoked_at: clock.now() })
        .where("id", "=", caller.session)
        .where("revoked_at", "is", null)
        .returning("id");
      await work.change(
        {
          type: "session.revoked",
          actor: toActor(caller),
          object: caller.session,
          links: { account: caller.id },
          outcome: "done",
          data: { because: "logout" },
        },
        [expectOne(end)],
      );
    },
    authenticate: async (token) => {
      const claims = await tokens.verify(token);
      if (claims === undefined) return refuse("IDENTITY_TOKEN_INVALID");
      const row = await db
        .selectFrom("session")
        .innerJoin("account", "account.id", "session.account_id")
        .innerJoin("organisation", "organisation.id", "account.organisation_id")
        .select(["account.id", "account.login", "account.name", "account.organisation_id", "organisation.kind"])
        .select(["account.password_change_needed", "session.second_factor", "session.factor_at"])
        .select((eb) =>
          eb
            .exists(
              eb
                .selectFrom("factor")
                .select("factor.id")
                .whereRef("factor.account_id", "=", "account.id")
                .where("factor.confirmed_at", "is not", null)
                .where("factor.removed_at", "is", null),
            )
            .as("enrolled"),
        )
        .select((eb) =>
          eb
            .selectFrom("account_role")
            .whereRef("account_role.account_id", "=", "account.id")
            .select(sql<string[]>`coalesce(array_agg(role ORDER BY role), '{}')`.as("roles"))
            .as("roles"),
        )
        .where("session.id", "=", claims.session)
        .where("account.id", "=", claims.account)
        .where("session.revoked_at", "is", null)
        .where("session.expires_at", ">", clock.now())
        .where("account.state", "=", "active")
        .executeTakeFirst();
      if (row === undefined) return refuse("IDENTITY_TOKEN_INVALID");
      const roles = row.roles ?? [];
      const limit = limitOf({
        secondFactorShown: row.second_factor !== null,
        enrolled: row.enrolled === true,
        passwordChangeNeeded: row.password_change_needed,
        roles,
      });
      const shownAt = row.factor_at?.getTime() ?? Number.NEGATIVE_INFINITY;
      return {
        kind: "account",
        id: toId("user", row.id),
        organisation: toId("organisation", row.organisation_id),
        roles: limit === undefined ? roles : [],
        limit,
        recent: clock.now().getTime() - shownAt <= settings.recentFactorMs,
        session: toId("session", claims.session),
        organisationKind: row.kind,
        login: row.login,
        name: row.name,
      };
    },
  };
}
