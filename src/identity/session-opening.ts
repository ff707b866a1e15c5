import { type Actor, type Change, expectOne } from "../audit/index.ts";
import { toId } from "../kernel/index.ts";
import type { SecondFactor } from "../store/index.ts";
import { rolesOfAccount } from "./account-roles.ts";
import type { IdentityContext } from "./context.ts";
import type { Tokens } from "./jose-tokens.ts";
import type { Lockout } from "./lockout.ts";
import { makeRefreshToken } from "./refresh-token.ts";
import type { SignedIn } from "./signed-in.ts";

/** Whence somebody signs in, as the gateway sees it. */
export interface Client {
  /** The `User-Agent`; kept shortened, for the owner to tell sessions apart. */
  readonly userAgent?: string | undefined;
  /** A browser, which keeps its refresh token in a cookie. */
  readonly browser?: boolean | undefined;
}

/** What somebody showed to sign in. */
export interface Shown {
  /** Where not a password of ours: the issuer that vouches (URL), and how long a session on its word lasts at most. */
  readonly issuer?: { readonly issuer: string; readonly sessionTtlMs: number } | undefined;
  readonly factor?: SecondFactor | undefined;
  /** Uses up what was shown; may name the session. */
  readonly changes?: readonly Change[] | ((session: string) => readonly Change[]) | undefined;
}

export interface SessionOpening {
  /** A new session, opened by the same change that uses up what was shown; undefined where that came too late. */
  open(
    account: { readonly id: string; readonly organisation_id: string },
    shown: Shown,
    client?: Client,
  ): Promise<SignedIn | undefined>;
}

const maxUserAgentLength = 120;

/** Printable ASCII, cut short: it is shown again, and it is whatever the caller sent. */
const shorten = (userAgent: string | undefined): string | null =>
  userAgent?.replaceAll(/[^\x20-\x7e]/g, "").slice(0, maxUserAgentLength) || null;

export function createSessionOpening(
  { store, work, ids, clock, random, settings }: IdentityContext,
  { tokens, lockout }: { readonly tokens: Tokens; readonly lockout: Lockout },
): SessionOpening {
  const { db } = store;
  return {
    open: async (account, { issuer, factor, changes = [] }, client = {}) => {
      const now = clock.now();
      const session = ids.make("session");
      const refresh = makeRefreshToken(random);
      const roles = await rolesOfAccount(store, account.id);
      const insert = db
        .insertInto("session")
        .values({
          id: session,
          account_id: account.id,
          refresh_hash: refresh.hash,
          previous_hash: null,
          family_hash: refresh.family,
          created_at: now,
          expires_at: new Date(
            now.getTime() + Math.min(settings.refreshTokenTtlMs, issuer?.sessionTtlMs ?? Number.POSITIVE_INFINITY),
          ),
          second_factor: factor ?? null,
          factor_at: now,
          last_seen_at: now,
          user_agent: shorten(client.userAgent),
          browser: client.browser ?? false,
        })
        .returning("id");
      const organisation = toId("organisation", account.organisation_id);
      const actor: Actor = {
        kind: "account",
        id: toId("user", account.id),
        organisation,
        roles,
        session,
        issuer: issuer?.issuer,
      };
      const first = issuer === undefined ? "password" : "issuer";
      const outcome = await work.change(
        {
          type: "session.opened",
          actor,
          object: session,
          links: { account: account.id },
          outcome: "done",
          data: { factors: factor === undefined ? [first] : [first, factor] },
        },
        [lockout.forget(account.id), expectOne(insert), ...(typeof changes === "function" ? changes(session) : changes)],
      );
      if (outcome.kind === "conflict") return undefined;
      const { token, expiresAt } = await tokens.issue({ account: account.id, session, organisation, roles });
      return { accessToken: token, accessTokenExpiresAt: expiresAt.toISOString(), refreshToken: refresh.text };
    },
  };
}
