import { type Change, expectOne } from "../audit/index.ts";
import { type Refusal, refuse } from "../kernel/index.ts";
import type { SecondFactor } from "../store/index.ts";
import { type AuthenticatedActor, toActor } from "./actor.ts";
import type { IdentityContext } from "./context.ts";
import type { FactorTickets, SecondFactorAsked } from "./factor-tickets.ts";
import type { Lockout } from "./lockout.ts";
import type { Passwords } from "./password.ts";
import type { IdentityRefusalCode } from "./refusals.ts";
import type { FactorProof, SecondFactors } from "./second-factors.ts";

export interface Reauthenticated {
  /** Until when the session may vote, release, give roles. RFC 3339, UTC. */
  readonly recentUntil: string;
}

export interface Reauthentication {
  /** A ticket of this session, with what an authenticator has to sign. */
  askAgain(caller: AuthenticatedActor): Promise<SecondFactorAsked>;
  /**
   * Shows a factor again in this session: the second one, or the password where none is enrolled. It
   * counts with the failed logins. A session that had shown one factor has then shown two.
   */
  showAgain(
    caller: AuthenticatedActor,
    request: { readonly proof: FactorProof | { readonly password: string }; readonly ticket?: string | undefined },
  ): Promise<Reauthenticated | Refusal<IdentityRefusalCode>>;
}

interface Shown {
  readonly kind?: SecondFactor | undefined;
  readonly changes: readonly Change[];
}

export function createReauthentication(
  context: IdentityContext,
  deps: {
    readonly passwords: Passwords;
    readonly lockout: Lockout;
    readonly factors: SecondFactors;
    readonly tickets: FactorTickets;
  },
): Reauthentication {
  const { store, work, clock, settings } = context;
  const { db } = store;
  const { passwords, lockout, factors, tickets } = deps;
  const code = "IDENTITY_REAUTHENTICATION_REFUSED";

  const refused = (caller: AuthenticatedActor) =>
    ({
      type: "reauthentication.refused",
      actor: toActor(caller),
      object: caller.session ?? caller.id,
      outcome: "refused",
      code,
    }) as const;

  /** A password is worth something here only while there is nothing better. */
  const checkPassword = async (account: string, password: string, hash: string | null): Promise<Shown | undefined> => {
    const enrolled = (await factors.methodsOf(account)).length > 0;
    const right = await passwords.verify(password, enrolled || hash === null ? undefined : hash);
    return right ? { changes: [] } : undefined;
  };

  return {
    askAgain: (caller) => tickets.ask({ type: "reauthentication.asked", actor: toActor(caller) }, caller.id, caller.session),
    showAgain: async (caller, { proof, ticket: token }) => {
      const account = await db.selectFrom("account").selectAll().where("id", "=", caller.id).executeTakeFirstOrThrow();
      const { session } = caller;
      if (session === undefined || !lockout.isOpen(account)) {
        await work.record(refused(caller));
        return refuse(code);
      }
      const ticket = token === undefined ? undefined : await tickets.find(token, session);
      const shown: Shown | undefined =
        "password" in proof
          ? await checkPassword(caller.id, proof.password, account.password_hash)
          : await factors.check(caller.id, proof, ticket?.challenge);
      const spent = ticket === undefined ? [] : [ticket.use];
      if (shown !== undefined) {
        const now = clock.now();
        const seen = db
          .updateTable("session")
          .set({ factor_at: now, last_seen_at: now, ...(shown.kind === undefined ? {} : { second_factor: shown.kind }) })
          .where("id", "=", session)
          .where("revoked_at", "is", null)
          .returning("id");
        const outcome = await work.change(
          {
            type: "session.reauthenticated",
            actor: toActor(caller),
            object: session,
            links: { account: caller.id },
            outcome: "done",
            data: { factor: shown.kind ?? "password" },
          },
          [lockout.forget(caller.id), expectOne(seen), ...spent, ...shown.changes],
        );
        if (outcome.kind === "done") return { recentUntil: new Date(now.getTime() + settings.recentFactorMs).toISOString() };
      }
      await work.change(refused(caller), [lockout.countFailure(caller.id), ...(ticket === undefined ? [] : [ticket.drop])]);
      return refuse(code);
    },
  };
}
