import type { Selectable } from "kysely";
import { type Change, expectOne, expectRows } from "../audit/index.ts";
import { isRefusal, type Refusal, refuse } from "../kernel/index.ts";
import type { Tables } from "../store/index.ts";
import { type AuthenticatedActor, toActor } from "./actor.ts";
import type { IdentityContext } from "./context.ts";
import { hashPassword } from "./password.ts";
import type { IdentityRefusalCode } from "./refusals.ts";
import { checkRoles } from "./role-rules.ts";

export interface AccountView {
  readonly id: string;
  readonly login: string;
  readonly name: string;
  readonly organisation: string;
  readonly state: "active" | "disabled";
  readonly roles: readonly string[];
}

export interface Accounts {
  listAccounts(caller: AuthenticatedActor): Promise<readonly AccountView[]>;
  /** An account without roles; giving roles is the security administrator's. */
  createAccount(
    caller: AuthenticatedActor,
    request: { readonly login: string; readonly name: string; readonly organisation: string; readonly password: string },
  ): Promise<AccountView | Refusal<IdentityRefusalCode>>;
  assignRoles(
    caller: AuthenticatedActor,
    request: { readonly account: string; readonly roles: readonly string[] },
  ): Promise<AccountView | Refusal<IdentityRefusalCode>>;
  /** Ends the account's sessions in the same change. */
  disableAccount(
    caller: AuthenticatedActor,
    request: { readonly account: string },
  ): Promise<AccountView | Refusal<IdentityRefusalCode>>;
}

const loginPattern = /^[a-z][a-z0-9._-]{2,63}$/;

/** Why a login name or password cannot be taken; length is what makes a password strong, not its classes. */
export function checkCredentials(login: string, password: string, minLength: number): Refusal<IdentityRefusalCode> | undefined {
  if (!loginPattern.test(login))
    return refuse("IDENTITY_LOGIN_MALFORMED", { accepted: "3 to 64 of a-z 0-9 . _ - beginning with a letter" });
  const length = Array.from(password).length;
  if (length < minLength || password.toLowerCase().includes(login))
    return refuse("IDENTITY_PASSWORD_WEAK", { minLength, alsoNot: "containing the login" });
  return undefined;
}

export function createAccounts(context: IdentityContext): Accounts {
  const { store, work, ids, clock, random, decider, settings } = context;
  const { db } = store;

  const no = async (
    caller: AuthenticatedActor,
    refusal: Refusal<IdentityRefusalCode>,
    object: string = caller.id,
  ): Promise<Refusal<IdentityRefusalCode>> => {
    await work.record({ type: "identity.refused", actor: toActor(caller), object, outcome: "refused", code: refusal.code });
    return refusal;
  };
  const relationsTo = (caller: AuthenticatedActor, organisation: string) =>
    organisation === caller.organisation ? (["own"] as const) : [];

  const rolesOf = async (account: string): Promise<readonly string[]> => {
    const rows = await db.selectFrom("account_role").select("role").where("account_id", "=", account).orderBy("role").execute();
    return rows.map(({ role }) => role);
  };
  const view = async (row: Selectable<Tables["account"]>): Promise<AccountView> => ({
    id: row.id,
    login: row.login,
    name: row.name,
    organisation: row.organisation_id,
    state: row.state,
    roles: await rolesOf(row.id),
  });
  const load = (account: string) => db.selectFrom("account").selectAll().where("id", "=", account).executeTakeFirst();
  const loadView = async (account: string): Promise<AccountView> =>
    view(await db.selectFrom("account").selectAll().where("id", "=", account).executeTakeFirstOrThrow());

  return {
    listAccounts: async (caller) => {
      const rows = await db.selectFrom("account").selectAll().orderBy("id").execute();
      const visible = rows.filter((row) =>
        decider.decide(caller.roles, "read", "account", relationsTo(caller, row.organisation_id)),
      );
      return Promise.all(visible.map(view));
    },
    createAccount: async (caller, request) => {
      if (!decider.decide(caller.roles, "create", "account", relationsTo(caller, request.organisation)))
        return no(caller, refuse("IDENTITY_ORGANISATION_UNKNOWN"));
      const weak = checkCredentials(request.login, request.password, settings.passwordMinLength);
      if (weak !== undefined) return no(caller, weak);
      const id = ids.make("user");
      const insert = db
        .insertInto("account")
        .values({
          id,
          login: request.login,
          name: request.name,
          organisation_id: request.organisation,
          password_hash: await hashPassword(request.password, random),
          state: "active",
          created_at: clock.now(),
        })
        .returning("id");
      const outcome = await work.change(
        {
          type: "account.created",
          actor: toActor(caller),
          object: id,
          links: { organisation: request.organisation },
          outcome: "done",
        },
        [expectOne(insert)],
      );
      if (outcome.kind === "done") return loadView(id);
      return no(
        caller,
        refuse(outcome.constraint === "account_login_key" ? "IDENTITY_NAME_TAKEN" : "IDENTITY_ORGANISATION_UNKNOWN"),
      );
    },
    assignRoles: async (caller, request) => {
      const account = await load(request.account);
      if (account === undefined) return no(caller, refuse("IDENTITY_ACCOUNT_UNKNOWN"));
      const { kind } = await db
        .selectFrom("organisation")
        .select("kind")
        .where("id", "=", account.organisation_id)
        .executeTakeFirstOrThrow();
      // Nobody gives roles to oneself.
      const roles =
        account.id === caller.id
          ? refuse<IdentityRefusalCode>("IDENTITY_ROLES_APART", { role: "one's own" })
          : checkRoles(request.roles, kind);
      if (isRefusal(roles)) return no(caller, roles, account.id);
      const before = await rolesOf(account.id);
      const removed = before.filter((role) => !(roles as readonly string[]).includes(role));
      const added = roles.filter((role) => !before.includes(role));
      const touch = db.updateTable("account").set({ state: account.state }).where("id", "=", account.id).returning("id");
      const changes: [Change, ...Change[]] = [expectOne(touch)];
      if (removed.length > 0)
        changes.push(
          expectRows(
            db.deleteFrom("account_role").where("account_id", "=", account.id).where("role", "in", removed).returning("role"),
            removed.length,
            removed.length,
          ),
        );
      if (added.length > 0)
        changes.push(
          expectRows(
            db
              .insertInto("account_role")
              .values(added.map((role) => ({ account_id: account.id, role })))
              .returning("role"),
            added.length,
          ),
        );
      const outcome = await work.change(
        {
          type: "account.roles-assigned",
          actor: toActor(caller),
          object: account.id,
          outcome: "done",
          data: { roles: [...roles], removed, added },
        },
        changes,
      );
      return outcome.kind === "done" ? loadView(account.id) : no(caller, refuse("IDENTITY_ROLE_MISFIT"), account.id);
    },
    disableAccount: async (caller, request) => {
      const account = await load(request.account);
      if (account === undefined || account.id === caller.id) return no(caller, refuse("IDENTITY_ACCOUNT_UNKNOWN"));
      const disable = db.updateTable("account").set({ state: "disabled" }).where("id", "=", account.id).returning("id");
      const end = db
        .updateTable("session")
        .set({ revoked_at: clock.now() })
        .where("account_id", "=", account.id)
        .where("revoked_at", "is", null)
        .returning("id");
      await work.change({ type: "account.disabled", actor: toActor(caller), object: account.id, outcome: "done" }, [
        expectOne(disable),
        expectRows(end),
      ]);
      return loadView(account.id);
    },
  };
}
