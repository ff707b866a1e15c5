import type { Selectable } from "kysely";
import type { Actor, Change } from "../audit/index.ts";
import { type Refusal, refuse } from "../kernel/index.ts";
import type { Tables } from "../store/index.ts";
import type { IdentityContext } from "./context.ts";
import { isLoginName } from "./credentials.ts";
import type { FactorTickets, SecondFactorAsked } from "./factor-tickets.ts";
import type { Lockout } from "./lockout.ts";
import type { Passwords } from "./password.ts";
import type { IdentityRefusalCode } from "./refusals.ts";
import type { FactorProof, SecondFactors } from "./second-factors.ts";
import type { Client, SessionOpening } from "./session-opening.ts";
import type { SignedIn } from "./signed-in.ts";

type Account = Selectable<Tables["account"]>;

const anonymous: Actor = { kind: "anonymous" };

export interface Login {
  /**
   * Tokens, or what is asked for next where a second factor is enrolled. Unknown login, wrong
   * password and a waiting account are one answer that takes one time.
   */
  login(request: {
    readonly login: string;
    readonly password: string;
    readonly client?: Client | undefined;
  }): Promise<SignedIn | SecondFactorAsked | Refusal<IdentityRefusalCode>>;
  /** The second step. A wrong factor, a ticket that is none, used, over or another account's, and a waiting account are one answer. */
  showSecondFactor(request: {
    readonly ticket: string;
    readonly proof: FactorProof;
    readonly client?: Client | undefined;
  }): Promise<SignedIn | Refusal<IdentityRefusalCode>>;
}

export interface LoginDeps {
  readonly passwords: Passwords;
  readonly lockout: Lockout;
  readonly factors: SecondFactors;
  readonly tickets: FactorTickets;
  readonly opening: SessionOpening;
}

export function createLogin({ store, work }: IdentityContext, deps: LoginDeps): Login {
  const { db } = store;
  const { passwords, lockout, factors, tickets, opening } = deps;
  const refusal = refuse<IdentityRefusalCode>("IDENTITY_LOGIN_REFUSED");

  /** The typed text is not recorded: what is typed as a login may be a password. */
  const no = async (object: string): Promise<typeof refusal> => {
    await work.record({ type: "login.refused", actor: anonymous, object, outcome: "refused", code: refusal.code });
    return refusal;
  };
  const noAndCount = async (account: string, also: readonly Change[] = []): Promise<typeof refusal> => {
    const { code } = refusal;
    await work.change(
      { type: "login.refused", actor: anonymous, object: account, outcome: "refused", code, data: { counted: true } },
      [lockout.countFailure(account), ...also],
    );
    return refusal;
  };
  const accountBy = (column: "id" | "login", value: string): Promise<Account | undefined> =>
    db.selectFrom("account").selectAll().where(column, "=", value).executeTakeFirst();

  return {
    login: async ({ login: name, password, client }) => {
      const account = isLoginName(name) ? await accountBy("login", name) : undefined;
      const candidate = account !== undefined && lockout.isOpen(account) ? account : undefined;
      // While an account waits its hash is not looked at, so that neither answer nor time nor count tell a right guess.
      const right = await passwords.verify(password, candidate?.password_hash ?? undefined);
      if (candidate === undefined) return no(account?.id ?? "unknown");
      if (!right) return noAndCount(candidate.id);
      // The failures stay counted until both factors were right.
      if ((await factors.methodsOf(candidate.id)).length > 0)
        return tickets.ask({ type: "login.second-factor-asked", actor: anonymous }, candidate.id);
      return (await opening.open(candidate, {}, client)) ?? no(candidate.id);
    },
    showSecondFactor: async ({ ticket: token, proof, client }) => {
      const ticket = await tickets.find(token);
      const account = ticket && (await accountBy("id", ticket.account));
      if (ticket === undefined || account === undefined) return no("unknown");
      if (!lockout.isOpen(account)) return no(account.id);
      const shown = await factors.check(account.id, proof, ticket.challenge);
      if (shown !== undefined) {
        const changes = [ticket.use, ...shown.changes];
        const opened = await opening.open(account, { factor: shown.kind, changes }, client);
        if (opened !== undefined) return opened;
      }
      return noAndCount(account.id, [ticket.drop]);
    },
  };
}
