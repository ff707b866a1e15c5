import { sql } from "kysely";
import { expectOne, expectRows } from "../audit/index.ts";
import { type Refusal, refuse, sha256, toId } from "../kernel/index.ts";
import { type AuthenticatedActor, toActor } from "./actor.ts";
import type { IdentityContext } from "./context.ts";
import type { Tokens } from "./jose-tokens.ts";
import { nobodysHash, verifyPassword } from "./password.ts";
import type { IdentityRefusalCode } from "./refusals.ts";

/** What a login or refresh gives. */
export interface SignedIn {
  readonly accessToken: string;
  readonly accessTokenExpiresAt: string;
  /** Works once; its replacement comes with the next refresh. */
  readonly refreshToken: string;
}

export interface Sessions {
  /** Unknown login, wrong password and a waiting account are one answer that takes one time. */
  login(request: { readonly login: string; readonly password: string }): Promise<SignedIn | Refusal<IdentityRefusalCode>>;
  refresh(refreshToken: string): Promise<SignedIn | Refusal<IdentityRefusalCode>>;
  logout(caller: AuthenticatedActor): Promise<void>;
  /** Who a bearer token is, with roles as they are now. */
  authenticate(token: string): Promise<AuthenticatedActor | Refusal<IdentityRefusalCode>>;
}

const refreshPrefix = "hgr_";

export function createSessions(context: IdentityContext, tokens: Tokens): Sessions {
  const { store, work, ids, clock, random, settings } = context;
  const { db } = store;

  const newRefresh = () => {
    const text = refreshPrefix + Buffer.from(random.bytes(32)).toString("base64url");
    return { text, hash: Buffer.from(sha256(text)) };
  };

  const signedIn = async (account: string, session: string, refreshToken: string): Promise<SignedIn> => {
    const { token, expiresAt } = await tokens.issue({ account, session });
    return { accessToken: token, accessTokenExpiresAt: expiresAt.toISOString(), refreshToken };
  };

  /** Counts the failure in the row itself, so that parallel guesses all count; from the threshold on each doubles the wait. */
  const countFailure = async (account: string): Promise<void> => {
    const { lockoutThreshold, lockoutBaseMs, lockoutMaxMs } = settings;
    const wait = sql<Date>`CASE WHEN failed_logins + 1 >= ${lockoutThreshold} THEN ${clock.now()}::timestamptz
      + least(${lockoutBaseMs} * power(2, least(failed_logins + 1 - ${lockoutThreshold}, 30)), ${lockoutMaxMs}) * interval '1 millisecond' END`;
    const update = db
      .updateTable("account")
      .set((eb) => ({ failed_logins: eb("failed_logins", "+", 1), locked_until: wait }))
      .where("id", "=", account)
      .returning("id");
    await work.change(
      {
        type: "login.refused",
        actor: { kind: "anonymous" },
        object: account,
        outcome: "refused",
        code: "IDENTITY_LOGIN_REFUSED",
      },
      [expectOne(update)],
    );
  };

  const login: Sessions["login"] = async ({ login: name, password }) => {
    const account = await db.selectFrom("account").selectAll().where("login", "=", name).executeTakeFirst();
    const right = await verifyPassword(password, account?.password_hash ?? nobodysHash);
    if (account === undefined) {
      // The text is not recorded: what is typed as a login may be a password.
      await work.record({
        type: "login.refused",
        actor: { kind: "anonymous" },
        object: "unknown",
        outcome: "refused",
        code: "IDENTITY_LOGIN_REFUSED",
      });
      return refuse("IDENTITY_LOGIN_REFUSED");
    }
    const now = clock.now();
    const session = ids.make("session");
    const refresh = newRefresh();
    if (!right) {
      await countFailure(account.id);
      return refuse("IDENTITY_LOGIN_REFUSED");
    }
    const roles = await db
      .selectFrom("account_role")
      .select("role")
      .where("account_id", "=", account.id)
      .orderBy("role")
      .execute();
    const reset = db
      .updateTable("account")
      .set({ failed_logins: 0, locked_until: null })
      .where("id", "=", account.id)
      .where("state", "=", "active")
      // A right guess made while others failed comes too late.
      .where((eb) => eb.or([eb("locked_until", "is", null), eb("locked_until", "<=", now)]))
      .returning("id");
    const open = db
      .insertInto("session")
      .values({
        id: session,
        account_id: account.id,
        refresh_hash: refresh.hash,
        previous_hash: null,
        created_at: now,
        expires_at: new Date(now.getTime() + settings.refreshTokenTtlMs),
      })
      .returning("id");
    const actor = {
      kind: "account" as const,
      id: toId("user", account.id),
      organisation: toId("organisation", account.organisation_id),
      roles: roles.map(({ role }) => role),
      session,
    };
    const outcome = await work.change(
      { type: "session.opened", actor, object: session, links: { account: account.id }, outcome: "done" },
      [expectOne(reset), expectOne(open)],
    );
    if (outcome.kind === "done") return signedIn(account.id, session, refresh.text);
    await work.record({
      type: "login.refused",
      actor: { kind: "anonymous" },
      object: account.id,
      outcome: "refused",
      code: "IDENTITY_LOGIN_REFUSED",
    });
    return refuse("IDENTITY_LOGIN_REFUSED");
  };

  const refuseRefresh = async (object: string): Promise<Refusal<IdentityRefusalCode>> => {
    await work.record({
      type: "identity.refused",
      actor: { kind: "anonymous" },
      object,
      outcome: "refused",
      code: "IDENTITY_REFRESH_REFUSED",
    });
    return refuse("IDENTITY_REFRESH_REFUSED");
  };

  const refreshSession: Sessions["refresh"] = async (token) => {
    const hash = Buffer.from(sha256(token));
    const now = clock.now();
    const held = await db
      .selectFrom("session")
      .select(["id", "account_id", "refresh_hash"])
      .where((eb) => eb.or([eb("refresh_hash", "=", hash), eb("previous_hash", "=", hash)]))
      .executeTakeFirst();
    if (held === undefined) return refuseRefresh("unknown");
    const actor = { kind: "system" as const, component: "identity" };
    if (!held.refresh_hash.equals(hash)) {
      // A replaced token comes back: it or its replacement is in wrong hands, so both end.
      const end = db
        .updateTable("session")
        .set({ revoked_at: now })
        .where("id", "=", held.id)
        .where("revoked_at", "is", null)
        .returning("id");
      await work.change(
        {
          type: "session.revoked",
          actor,
          object: held.id,
          links: { account: held.account_id },
          outcome: "done",
          code: "IDENTITY_REFRESH_REUSED",
        },
        [expectRows(end)],
      );
      return refuseRefresh(held.id);
    }
    const next = newRefresh();
    const rotate = db
      .updateTable("session")
      .set({ refresh_hash: next.hash, previous_hash: hash })
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
      { type: "session.refreshed", actor, object: held.id, links: { account: held.account_id }, outcome: "done" },
      [expectOne(rotate)],
    );
    return outcome.kind === "done" ? signedIn(held.account_id, held.id, next.text) : refuseRefresh(held.id);
  };

  return {
    login,
    refresh: refreshSession,
    logout: async (caller) => {
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
        },
        [expectRows(end)],
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
