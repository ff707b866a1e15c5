import { type Selectable, sql } from "kysely";
import { type Actor, expectOne } from "../audit/index.ts";
import { type Refusal, refuse, toId } from "../kernel/index.ts";
import type { Tables } from "../store/index.ts";
import { rolesOfAccount } from "./account-roles.ts";
import type { IdentityContext } from "./context.ts";
import { isLoginName } from "./credentials.ts";
import type { Tokens } from "./jose-tokens.ts";
import type { Passwords } from "./password.ts";
import { makeRefreshToken } from "./refresh-token.ts";
import type { IdentityRefusalCode } from "./refusals.ts";
import type { SignedIn } from "./signed-in.ts";

type Account = Selectable<Tables["account"]>;

const anonymous: Actor = { kind: "anonymous" };

export interface Login {
  /** Unknown login, wrong password and a waiting account are one answer that takes one time. */
  login(request: { readonly login: string; readonly password: string }): Promise<SignedIn | Refusal<IdentityRefusalCode>>;
}

export function createLogin(context: IdentityContext, deps: { readonly tokens: Tokens; readonly passwords: Passwords }): Login {
  const { store, work, ids, clock, random, settings } = context;
  const { db } = store;
  const refusal = refuse<IdentityRefusalCode>("IDENTITY_LOGIN_REFUSED");

  const isOpen = (account: Account): boolean =>
    account.state === "active" && (account.locked_until === null || account.locked_until <= clock.now());

  /** The typed text is not recorded: what is typed as a login may be a password. */
  const recordRefusal = (object: string) =>
    work.record({ type: "login.refused", actor: anonymous, object, outcome: "refused", code: refusal.code });

  /** Counts the failure in the row itself, so that parallel guesses all count; from the threshold on each doubles the wait. */
  const countFailure = (account: string) => {
    const { lockoutThreshold, lockoutBaseMs, lockoutMaxMs } = settings;
    const wait = sql<Date>`CASE WHEN failed_logins + 1 >= ${lockoutThreshold} THEN ${clock.now()}::timestamptz
      + least(${lockoutBaseMs} * power(2, least(failed_logins + 1 - ${lockoutThreshold}, 30)), ${lockoutMaxMs}) * interval '1 millisecond' END`;
    const update = db
      .updateTable("account")
      .set((eb) => ({ failed_logins: eb("failed_logins", "+", 1), locked_until: wait }))
      .where("id", "=", account)
      .returning("id");
    return work.change(
      {
        type: "login.refused",
        actor: anonymous,
        object: account,
        outcome: "refused",
        code: refusal.code,
        data: { counted: true },
      },
      [expectOne(update)],
    );
  };

  const openSession = async (account: Account): Promise<SignedIn | Refusal<IdentityRefusalCode>> => {
    const now = clock.now();
    const session = ids.make("session");
    const refresh = makeRefreshToken(random);
    const roles = await rolesOfAccount(store, account.id);
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
    const organisation = toId("organisation", account.organisation_id);
    const actor: Actor = { kind: "account", id: toId("user", account.id), organisation, roles, session };
    const outcome = await work.change(
      { type: "session.opened", actor, object: session, links: { account: account.id }, outcome: "done" },
      [expectOne(reset), expectOne(open)],
    );
    if (outcome.kind === "done") {
      const { token, expiresAt } = await deps.tokens.issue({ account: account.id, session, organisation, roles });
      return { accessToken: token, accessTokenExpiresAt: expiresAt.toISOString(), refreshToken: refresh.text };
    }
    await recordRefusal(account.id);
    return refusal;
  };

  return {
    login: async ({ login: name, password }) => {
      const account = isLoginName(name)
        ? await db.selectFrom("account").selectAll().where("login", "=", name).executeTakeFirst()
        : undefined;
      const candidate = account !== undefined && isOpen(account) ? account : undefined;
      // While an account waits its hash is not looked at, so that neither answer nor time nor count tell a right guess.
      const right = await deps.passwords.verify(password, candidate?.password_hash ?? undefined);
      if (candidate !== undefined && right) return openSession(candidate);
      if (candidate === undefined) await recordRefusal(account?.id ?? "unknown");
      else await countFailure(candidate.id);
      return refusal;
    },
  };
}
