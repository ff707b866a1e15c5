import { type Actor, expectOne } from "../audit/index.ts";
import { type Refusal, refuse } from "../kernel/index.ts";
import { rolesOfAccount } from "./account-roles.ts";
import type { IdentityContext } from "./context.ts";
import type { Tokens } from "./jose-tokens.ts";
import { hashRefreshFamily, hashRefreshToken, makeRefreshToken, openSuccessor, sealSuccessor } from "./refresh-token.ts";
import type { IdentityRefusalCode } from "./refusals.ts";
import type { SignedIn } from "./signed-in.ts";

export interface Refresh {
  /**
   * New tokens for a refresh token that was never used; a second use ends the session (RFC 9700 §4.14.2),
   * that of any token it ever had. So does a browser's token that comes otherwise than in its cookie, or the
   * reverse. Only the cookie that the newest one has just replaced gives that same one again: the tabs of a
   * browser share it, and refresh at one moment.
   */
  refresh(refreshToken: string, from?: "body" | "cookie"): Promise<SignedIn | Refusal<IdentityRefusalCode>>;
}

/** Within this of a rotation the cookie before may come again. A thief in this time shares the session's newest token, of which the next use tells. */
const sharedCookieMs = 5000;

const identity: Actor = { kind: "system", component: "identity" };

export function createRefresh({ store, work, clock, random }: IdentityContext, tokens: Tokens): Refresh {
  const { db } = store;

  const find = (hash: Buffer, family: Buffer) =>
    db
      .selectFrom("session")
      .innerJoin("account", "account.id", "session.account_id")
      .selectAll("session")
      .select(["account.organisation_id", "account.state as account_state"])
      .where((eb) =>
        eb.or([
          eb("session.refresh_hash", "=", hash),
          // Of a session from before families.
          eb("session.previous_hash", "=", hash),
          eb("session.family_hash", "=", family),
        ]),
      )
      .executeTakeFirst();

  type Held = NonNullable<Awaited<ReturnType<typeof find>>>;

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

  const signedIn = async (held: Held, refreshToken: string): Promise<SignedIn> => {
    const { token, expiresAt } = await tokens.issue({
      account: held.account_id,
      session: held.id,
      organisation: held.organisation_id,
      roles: await rolesOfAccount(store, held.account_id),
    });
    return { accessToken: token, accessTokenExpiresAt: expiresAt.toISOString(), refreshToken };
  };

  /** A token of the session that is not its newest: another tab's cookie, or a copy. */
  const useAgain = async (
    held: Held,
    token: string,
    from: "body" | "cookie",
  ): Promise<SignedIn | Refusal<IdentityRefusalCode>> => {
    const now = clock.now();
    const { successor_sealed: sealed, rotated_at: rotatedAt } = held;
    const justReplaced =
      held.previous_hash?.equals(hashRefreshToken(token)) === true &&
      rotatedAt !== null &&
      now.getTime() - rotatedAt.getTime() <= sharedCookieMs;
    if (!justReplaced || sealed === null || !held.browser || from !== "cookie") return endStolen(held.id, held.account_id);
    if (held.revoked_at !== null || held.expires_at <= now || held.account_state !== "active") return no(held.id);
    await work.record({
      type: "session.refreshed",
      actor: identity,
      object: held.id,
      links: { account: held.account_id },
      outcome: "done",
      data: { again: true },
    });
    return signedIn(held, openSuccessor(held.id, token, sealed));
  };

  return {
    refresh: async (token, from = "body") => {
      const [hash, family] = [hashRefreshToken(token), hashRefreshFamily(token)];
      const held = await find(hash, family);
      if (held === undefined) return no("unknown");
      if (!held.refresh_hash.equals(hash)) return useAgain(held, token, from);
      if (held.browser !== (from === "cookie")) return endStolen(held.id, held.account_id, "refresh token sent another way");
      // A session from before families gets one now.
      const next = makeRefreshToken(random, held.family_hash === null ? undefined : token);
      const now = clock.now();
      const rotate = db
        .updateTable("session")
        .set({
          refresh_hash: next.hash,
          previous_hash: hash,
          family_hash: next.family,
          last_seen_at: now,
          rotated_at: now,
          // What is kept in a cookie only, tabs share.
          successor_sealed: held.browser ? sealSuccessor(held.id, token, next.text, random) : null,
        })
        .where("id", "=", held.id)
        .where("refresh_hash", "=", hash)
        .where("revoked_at", "is", null)
        .where("expires_at", ">", now)
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
        const after = await find(hash, next.family);
        // Somebody else used the same token at the same moment.
        return after !== undefined && !after.refresh_hash.equals(hash) ? useAgain(after, token, from) : no(held.id);
      }
      return signedIn(held, next.text);
    },
  };
}
