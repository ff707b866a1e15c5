import { sql } from "kysely";
import { type Change, expectOne, expectRows } from "../audit/index.ts";
import { isId, isRefusal, type Refusal, refuse } from "../kernel/index.ts";
import type { AccountOrigin } from "../store/index.ts";
import { type AuthenticatedActor, toActor } from "./actor.ts";
import type { IdentityContext } from "./context.ts";
import { checkCredentials } from "./credentials.ts";
import { IdentityError } from "./errors.ts";
import type { Passwords } from "./password.ts";
import { createGivenRefusal } from "./recorded-refusal.ts";
import type { IdentityRefusalCode } from "./refusals.ts";
import { checkRoles } from "./role-rules.ts";

export interface AccountView {
  readonly id: string;
  readonly login: string;
  readonly name: string;
  readonly organisation: string;
  /** Made here with a password, by a token of a configured issuer, or for a service key. */
  readonly origin: AccountOrigin;
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

/** Two assignments at one moment are put in order; this many in a row mean that something is broken. */
const maxAttempts = 10;

export function createAccounts(context: IdentityContext, passwords: Passwords): Accounts {
  const { store, work, ids, clock, decider, settings } = context;
  const { db } = store;

  const no = createGivenRefusal(context);
  const relationsTo = (caller: AuthenticatedActor, organisation: string) =>
    organisation === caller.organisation ? (["own"] as const) : [];

  const accounts = () =>
    db
      .selectFrom("account")
      .innerJoin("organisation", "organisation.id", "account.organisation_id")
      .selectAll("account")
      .select("organisation.kind")
      .select((eb) =>
        eb
          .selectFrom("account_role")
          .whereRef("account_role.account_id", "=", "account.id")
          .select(sql<string[]>`coalesce(array_agg(role ORDER BY role), '{}')`.as("roles"))
          .as("roles"),
      );
  type Row = Awaited<ReturnType<ReturnType<typeof accounts>["execute"]>>[number];
  const view = (row: Row): AccountView => ({
    id: row.id,
    login: row.login,
    name: row.name,
    organisation: row.organisation_id,
    origin: row.origin,
    state: row.state,
    roles: row.roles ?? [],
  });
  const load = async (account: string): Promise<Row | undefined> =>
    isId("user", account) ? accounts().where("account.id", "=", account).executeTakeFirst() : undefined;
  const loadView = async (account: string): Promise<AccountView> =>
    view(await accounts().where("account.id", "=", account).executeTakeFirstOrThrow());

  /** Sets the roles if nobody else has since `row` was read; else undefined. */
  const replaceRoles = async (
    caller: AuthenticatedActor,
    row: Row,
    roles: readonly string[],
  ): Promise<AccountView | undefined> => {
    const before = row.roles ?? [];
    const removed = before.filter((role) => !roles.includes(role));
    const added = roles.filter((role) => !before.includes(role));
    const revise = db
      .updateTable("account")
      .set((eb) => ({ role_revision: eb("role_revision", "+", 1) }))
      .where("id", "=", row.id)
      .where("role_revision", "=", row.role_revision)
      .returning("id");
    const changes: [Change, ...Change[]] = [expectOne(revise)];
    if (removed.length > 0) {
      const remove = db
        .deleteFrom("account_role")
        .where("account_id", "=", row.id)
        .where("role", "in", removed)
        .returning("role");
      changes.push(expectRows(remove, removed.length, removed.length));
    }
    if (added.length > 0) {
      const add = db
        .insertInto("account_role")
        .values(added.map((role) => ({ account_id: row.id, role })))
        .returning("role");
      changes.push(expectRows(add, added.length, added.length));
    }
    const outcome = await work.change(
      {
        type: "account.roles-assigned",
        actor: toActor(caller),
        object: row.id,
        outcome: "done",
        data: { roles: [...roles], removed, added },
      },
      changes,
    );
    return outcome.kind === "done" ? loadView(row.id) : undefined;
  };

  return {
    listAccounts: async (caller) => {
      const rows = await accounts().orderBy("account.id").execute();
      const visible = rows.filter((row) =>
        decider.decide(caller.roles, "read", "account", relationsTo(caller, row.organisation_id)),
      );
      return visible.map(view);
    },
    createAccount: async (caller, request) => {
      if (!decider.decide(caller.roles, "create", "account", relationsTo(caller, request.organisation)))
        return no(caller, refuse("IDENTITY_ORGANISATION_UNKNOWN"));
      if (!isId("organisation", request.organisation)) return no(caller, refuse("IDENTITY_ORGANISATION_UNKNOWN"));
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
          password_hash: await passwords.hash(request.password),
          // Two know it: who made the account chose it.
          password_change_needed: true,
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
      if (!decider.decide(caller.roles, "assign-roles", "account", [])) return no(caller, refuse("ACCESS_DENIED"));
      for (let attempt = 0; attempt < maxAttempts; attempt++) {
        const row = await load(request.account);
        if (row === undefined) return no(caller, refuse("IDENTITY_ACCOUNT_UNKNOWN"));
        // Nobody gives roles to oneself.
        if (row.id === caller.id) return no(caller, refuse("IDENTITY_ROLES_APART", { role: "one's own" }), row.id);
        // The issuer's next token would undo it; and a machine is never more than a machine.
        if (row.origin !== "local") return no(caller, refuse("IDENTITY_ACCOUNT_NOT_LOCAL"), row.id);
        const roles = checkRoles(request.roles, row.kind);
        if (isRefusal(roles)) return no(caller, roles, row.id);
        const assigned = await replaceRoles(caller, row, roles);
        if (assigned !== undefined) return assigned;
      }
      throw new IdentityError("IDENTITY_CONTENTION", `The roles of an account changed ${maxAttempts} times while they were set.`);
    },
    disableAccount: async (caller, request) => {
      if (!decider.decide(caller.roles, "disable", "account", [])) return no(caller, refuse("ACCESS_DENIED"));
      const row = await load(request.account);
      if (row === undefined || row.id === caller.id) return no(caller, refuse("IDENTITY_ACCOUNT_UNKNOWN"));
      const disable = db
        .updateTable("account")
        .set({ state: "disabled" })
        .where("id", "=", row.id)
        .where("state", "=", "active")
        .returning("id");
      const end = db
        .updateTable("session")
        .set({ revoked_at: clock.now() })
        .where("account_id", "=", row.id)
        .where("revoked_at", "is", null)
        .returning("id");
      // A conflict means that it was disabled before: no change, so no event.
      await work.change({ type: "account.disabled", actor: toActor(caller), object: row.id, outcome: "done" }, [
        expectOne(disable),
        expectRows(end),
      ]);
      return loadView(row.id);
    },
  };
}
