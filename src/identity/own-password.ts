import { expectOne } from "../audit/index.ts";
import type { Refusal } from "../kernel/index.ts";
import { type AuthenticatedActor, toActor } from "./actor.ts";
import type { IdentityContext } from "./context.ts";
import { checkCredentials } from "./credentials.ts";
import { endSessions } from "./end-sessions.ts";
import type { FactorTickets } from "./factor-tickets.ts";
import type { Lockout } from "./lockout.ts";
import type { Passwords } from "./password.ts";
import { createRecordedRefusal } from "./recorded-refusal.ts";
import type { IdentityRefusalCode } from "./refusals.ts";

export interface OwnPassword {
  /** Ends the account's other sessions, and logins that wait for a second factor. A wrong old password counts as a failed login. */
  changePassword(
    caller: AuthenticatedActor,
    request: { readonly password: string; readonly newPassword: string },
  ): Promise<Refusal<IdentityRefusalCode> | undefined>;
}

export function createOwnPassword(
  context: IdentityContext,
  deps: { readonly passwords: Passwords; readonly lockout: Lockout; readonly tickets: FactorTickets },
): OwnPassword {
  const { store, work, settings } = context;
  const { db } = store;
  const { passwords, lockout, tickets } = deps;
  const no = createRecordedRefusal(context);
  const wrong = "IDENTITY_PASSWORD_WRONG";

  return {
    changePassword: async (caller, { password, newPassword }) => {
      const { session } = caller;
      if (session === undefined || caller.limit === "second-factor") return no(caller, "ACCESS_DENIED");
      const account = await db.selectFrom("account").selectAll().where("id", "=", caller.id).executeTakeFirstOrThrow();
      const open = lockout.isOpen(account);
      // As at a login: while the account waits, the hash is not looked at.
      const right = await passwords.verify(password, open ? (account.password_hash ?? undefined) : undefined);
      if (!open) return no(caller, wrong);
      if (!right) {
        await work.change(
          { type: "identity.refused", actor: toActor(caller), object: caller.id, outcome: "refused", code: wrong },
          [lockout.countFailure(caller.id)],
        );
        return { kind: "refused", code: wrong };
      }
      if (newPassword.normalize("NFKC") === password.normalize("NFKC"))
        return no(caller, "IDENTITY_PASSWORD_WEAK", caller.id, { alsoNot: "the old one" });
      const weak = checkCredentials(account.login, newPassword, settings.passwordMinLength);
      if (weak !== undefined) return no(caller, weak.code, caller.id, weak.detail);
      const change = db
        .updateTable("account")
        .set({
          password_hash: await passwords.hash(newPassword),
          password_change_needed: false,
          failed_logins: 0,
          locked_until: null,
        })
        .where("id", "=", caller.id)
        .where("state", "=", "active")
        // Of two changes at one moment the second one's old password is no longer the old one.
        .where("password_hash", "=", account.password_hash)
        .returning("id");
      const others = endSessions(context, caller.id, (query) => query.where("id", "<>", session));
      const outcome = await work.change(
        { type: "account.password-changed", actor: toActor(caller), object: caller.id, outcome: "done" },
        [expectOne(change), others, tickets.dropAll(caller.id)],
      );
      return outcome.kind === "conflict" ? no(caller, wrong) : undefined;
    },
  };
}
