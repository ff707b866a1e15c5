import { sql } from "kysely";
import { expectOne } from "../audit/index.ts";
import { type Refusal, refuse, toId } from "../kernel/index.ts";
import { type AuthenticatedActor, toActor } from "./actor.ts";
import type { IdentityContext } from "./context.ts";
import type { Tokens } from "./jose-tokens.ts";
import type { IdentityRefusalCode } from "./refusals.ts";

export interface Sessions {
  /** Ends the session; ending it twice is no change. */
  logout(caller: AuthenticatedActor): Promise<void>;
  /** Who a bearer token is, with organisation, roles and standing as they are now. */
  authenticate(token: string): Promise<AuthenticatedActor | Refusal<IdentityRefusalCode>>;
}

export function createSessions({ store, work, clock }: IdentityContext, tokens: Tokens): Sessions {
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
      return {
        kind: "account",
        id: toId("user", row.id),
        organisation: toId("organisation", row.organisation_id),
        roles: row.roles ?? [],
        session: toId("session", claims.session),
        organisationKind: row.kind,
        login: row.login,
        name: row.name,
      };
    },
  };
}
