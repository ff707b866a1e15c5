import { type Actor, expectOne } from "../audit/index.ts";
import { type Refusal, refuse } from "../kernel/index.ts";
import { rolesOfAccount } from "./account-roles.ts";
import type { IdentityContext } from "./context.ts";
import type { Tokens } from "./jose-tokens.ts";
import { hashRefreshToken, makeRefreshToken } from "./refresh-token.ts";
import type { IdentityRefusalCode } from "./refusals.ts";
import type { SignedIn } from "./signed-in.ts";

export interface Refresh {
  /**
   * New tokens for a refresh token that was never used; a second use, even at the same moment, ends the
   * session. So does a browser's token that comes otherwise than in its cookie, or the reverse.
   */
  refresh(refreshToken: string, from?: "body" | "cookie"): Promise<SignedIn | Refusal<IdentityRefusalCode>>;
}

const identity: Actor = { kind: "system", component: "identity" };

export function createRefresh({ store, work, clock, random }: IdentityContext, tokens: Tokens): Refresh {
  const { db } = store;

  const find = (hash: Buffer) =>
    db
      .selectFrom("session")
      .innerJoin("account", "account.id", "session.account_id")
      .select(["session.id", "session.account_id", "session.refresh_hash", "session.browser", "account.organisation_id"])
      .where((eb) => eb.or([eb("session.refresh_hash", "=", hash), eb("session.previous_hash", "=", hash)]))
      .executeTakeFirst();

  const no = async (object: string): Promise<Refusal<IdentityRefusalCode>> => {
    const code = "IDENTITY_REFRESH_REFUSED";
    await work.record({ type: "identity.refused", actor: { kind: "anonymous" }, object, outcome: "refused", code });
    return refuse(code);
  };

  /** The token or its replacement is in wrong hands, so both end. */
  const endStolen = async (
    session: string,
    account: string,
    because = "refresh token used twice",
  ): Promise<Refusal<IdentityRefusalCode>> => {
    const end = db
      .updateTable("session")
      .set({ revoked_at: clock.now() })
      .where("id", "=", session)
      .where("revoked_at", "is", null)
      .returning("id");
    // A conflict means that it has ended before; the refusal is recorded either way.
    await work.change(
      {
        type: "session.revoked",
        actor: identity,
        object: session,
        links: { account },
        outcome: "done",
        data: { because },
      },
      [expectOne(end)],
    );
    return no(session);
  };

  return {
    refresh: async (token, from = "body") => {
      const hash = hashRefreshToken(token);
      const held = await find(hash);
      if (held === undefined) return no("unknown");
      if (!held.refresh_hash.equals(hash)) return endStolen(held.id, held.account_id);
      if (held.browser !== (from === "cookie")) return endStolen(held.id, held.account_id, "refresh token sent another way");
      const next = makeRefreshToken(random);
      const rotate = db
        .updateTable("session")
        .set({ refresh_hash: next.hash, previous_hash: hash, last_seen_at: clock.now() })
        .where("id", "=", held.id)
        .where("refresh_hash", "=", hash)
        .where("revoked_at", "is", null)
        .where("expires_at", ">", clock.now())
        .where((eb) =>
          eb.exists(
            eb
              .selectFrom("account")
              .select("account.id")
              .whereRef("account.id", "=", "session.account_id")
              .where("account.state", "=", "active"),
          ),
        )
        .returning("id");
      const outcome = await work.change(
        { type: "session.refreshed", actor: identity, object: held.id, links: { account: held.account_id }, outcome: "done" },
        [expectOne(rotate)],
      );
      if (outcome.kind === "conflict") {
        const now = await find(hash);
        // Somebody else used the same token at the same moment.
        return now !== undefined && !now.refresh_hash.equals(hash) ? endStolen(held.id, held.account_id) : no(held.id);
      }
      const { token: accessToken, expiresAt } = await tokens.issue({
        account: held.account_id,
        session: held.id,
        organisation: held.organisation_id,
        roles: await rolesOfAccount(store, held.account_id),
      });
      return { accessToken, accessTokenExpiresAt: expiresAt.toISOString(), refreshToken: next.text };
    },
  };
}
