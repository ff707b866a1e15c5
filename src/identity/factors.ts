import { type Change, expectOne, expectRows } from "../audit/index.ts";
import { isId, type Refusal } from "../kernel/index.ts";
import { rolesOfAccount } from "./account-roles.ts";
import { type AuthenticatedActor, toActor } from "./actor.ts";
import type { IdentityContext } from "./context.ts";
import { endSessions } from "./end-sessions.ts";
import { createRecordedRefusal } from "./recorded-refusal.ts";
import type { RecoveryCodes } from "./recovery-codes.ts";
import type { IdentityRefusalCode } from "./refusals.ts";
import { needsSecondFactor } from "./role-rules.ts";

export interface FactorView {
  readonly id: string;
  readonly kind: "totp" | "webauthn";
  readonly label: string;
  readonly enrolledAt: string;
  readonly lastUsedAt: string | null;
}

export interface Factors {
  /** The caller's own, without anything secret. */
  listFactors(caller: AuthenticatedActor): Promise<{ readonly items: readonly FactorView[]; readonly recoveryCodesLeft: number }>;
  /** Ends the account's other sessions: what was shown with the factor may have been its thief's. */
  removeFactor(caller: AuthenticatedActor, factor: string): Promise<Refusal<IdentityRefusalCode> | undefined>;
  /** Ten new codes in the place of all earlier ones. */
  renewRecoveryCodes(
    caller: AuthenticatedActor,
  ): Promise<{ readonly recoveryCodes: readonly string[] } | Refusal<IdentityRefusalCode>>;
  /** For who lost all: removes another's factors and ends the sessions; its next login enrols anew. */
  resetFactors(caller: AuthenticatedActor, account: string): Promise<Refusal<IdentityRefusalCode> | undefined>;
}

export function createFactors(context: IdentityContext, { recoveryCodes }: { readonly recoveryCodes: RecoveryCodes }): Factors {
  const { store, work, clock, decider } = context;
  const { db } = store;
  const no = createRecordedRefusal(context);

  const confirmed = (account: string) =>
    db
      .selectFrom("factor")
      .selectAll()
      .where("account_id", "=", account)
      .where("confirmed_at", "is not", null)
      .where("removed_at", "is", null)
      .orderBy("id")
      .execute();
  const revision = (account: string) =>
    db
      .updateTable("account")
      .set((eb) => ({ factor_revision: eb("factor_revision", "+", 1) }))
      .where("id", "=", account)
      .returning("id");
  const removal = (account: string) =>
    db
      .updateTable("factor")
      .set({ removed_at: clock.now(), secret_sealed: null })
      .where("account_id", "=", account)
      .where("removed_at", "is", null)
      .returning("id");

  return {
    listFactors: async (caller) => ({
      items: (await confirmed(caller.id)).map((row) => ({
        id: row.id,
        kind: row.kind,
        label: row.label,
        enrolledAt: (row.confirmed_at ?? row.created_at).toISOString(),
        lastUsedAt: row.last_used_at?.toISOString() ?? null,
      })),
      recoveryCodesLeft: await recoveryCodes.left(caller.id),
    }),
    removeFactor: async (caller, factor) => {
      const { session } = caller;
      if (session === undefined || caller.limit !== undefined) return no(caller, "ACCESS_DENIED");
      const { factor_revision: before } = await db
        .selectFrom("account")
        .select("factor_revision")
        .where("id", "=", caller.id)
        .executeTakeFirstOrThrow();
      const held = await confirmed(caller.id);
      if (!isId("factor", factor) || !held.some(({ id }) => id === factor)) return no(caller, "IDENTITY_FACTOR_UNKNOWN");
      const last = held.length === 1;
      if (last && needsSecondFactor(await rolesOfAccount(store, caller.id))) return no(caller, "IDENTITY_FACTOR_LAST", factor);
      const others = endSessions(context, caller.id, (query) => query.where("id", "<>", session));
      const changes: [Change, ...Change[]] = [
        // Missed where another change of the factors came between: of two last ones one stays.
        expectOne(revision(caller.id).where("factor_revision", "=", before)),
        expectOne(removal(caller.id).where("id", "=", factor)),
        others,
      ];
      if (last) changes.push(recoveryCodes.drop(caller.id));
      const outcome = await work.change(
        { type: "factor.removed", actor: toActor(caller), object: factor, links: { account: caller.id }, outcome: "done" },
        changes,
      );
      return outcome.kind === "conflict" ? no(caller, "IDENTITY_FACTOR_UNKNOWN", factor) : undefined;
    },
    renewRecoveryCodes: async (caller) => {
      if (caller.limit !== undefined || (await confirmed(caller.id)).length === 0) return no(caller, "IDENTITY_FACTOR_UNKNOWN");
      const { codes, changes } = recoveryCodes.make(caller.id);
      const [first, ...rest] = changes;
      if (first === undefined) return { recoveryCodes: [] };
      await work.change(
        {
          type: "recovery-codes.renewed",
          actor: toActor(caller),
          object: caller.id,
          outcome: "done",
          data: { codes: codes.length },
        },
        [first, ...rest],
      );
      return { recoveryCodes: codes };
    },
    resetFactors: async (caller, account) => {
      if (!decider.decide(caller.roles, "reset-factors", "account", [])) return no(caller, "ACCESS_DENIED");
      // Nobody takes the second factor from oneself: that is what a thief of the session would do.
      if (!isId("user", account) || account === caller.id) return no(caller, "IDENTITY_ACCOUNT_UNKNOWN");
      const outcome = await work.change(
        { type: "account.factors-reset", actor: toActor(caller), object: account, outcome: "done" },
        [expectOne(revision(account)), expectRows(removal(account)), recoveryCodes.drop(account), endSessions(context, account)],
      );
      return outcome.kind === "conflict" ? no(caller, "IDENTITY_ACCOUNT_UNKNOWN") : undefined;
    },
  };
}
