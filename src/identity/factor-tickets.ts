import { type Actor, type Change, expectOne, expectRows } from "../audit/index.ts";
import { type Random, sha256 } from "../kernel/index.ts";
import type { SecondFactor } from "../store/index.ts";
import type { IdentityContext } from "./context.ts";
import type { SecondFactors } from "./second-factors.ts";
import type { PublicKeyOptions } from "./webauthn-answers.ts";

/** What comes between the first factor and the second. */
export interface SecondFactorAsked {
  /** What the account can show. */
  readonly secondFactor: readonly SecondFactor[];
  /** Works once, whether what comes with it is right or wrong. */
  readonly ticket: string;
  /** RFC 3339, UTC. */
  readonly ticketExpiresAt: string;
  /** For `navigator.credentials.get()`, where `webauthn` is among them. */
  readonly webauthn?: PublicKeyOptions | undefined;
}

export interface FactorTicket {
  readonly account: string;
  /** base64url */
  readonly challenge: string;
  /** Uses it up; missed where somebody did before. */
  readonly use: Change;
  /** Uses it up if nobody did. */
  readonly drop: Change;
}

export interface FactorTickets {
  /** A ticket for a login or, with its session, for one that shows a factor again. */
  ask(event: { readonly type: string; readonly actor: Actor }, account: string, session?: string): Promise<SecondFactorAsked>;
  /** The ticket, if it is one of that session (or of a login), not used and not over. */
  find(token: string, session?: string): Promise<FactorTicket | undefined>;
  /** The change that makes the account's open tickets worthless. */
  dropAll(account: string): Change;
}

const makeToken = (random: Random): string => `hgt_${Buffer.from(random.bytes(32)).toString("base64url")}`;
const hashOf = (token: string): Buffer => Buffer.from(sha256(token));

export function createFactorTickets(
  context: IdentityContext,
  factors: Pick<SecondFactors, "methodsOf" | "optionsFor">,
): FactorTickets {
  const { store, work, clock, random, settings } = context;
  const { db } = store;
  const used = () =>
    db.updateTable("factor_ticket").set({ used_at: clock.now() }).where("used_at", "is", null).returning("account_id");

  return {
    ask: async ({ type, actor }, account, session) => {
      const token = makeToken(random);
      const challenge = random.bytes(32);
      const secondFactor = await factors.methodsOf(account);
      const now = clock.now();
      const expiresAt = new Date(now.getTime() + settings.secondFactorTtlMs);
      const insert = db
        .insertInto("factor_ticket")
        .values({
          token_hash: hashOf(token),
          account_id: account,
          session_id: session ?? null,
          challenge: Buffer.from(challenge).toString("base64url"),
          created_at: now,
          expires_at: expiresAt,
        })
        .returning("account_id");
      await work.change({ type, actor, object: account, outcome: "done", data: { secondFactor: [...secondFactor] } }, [
        expectOne(insert),
      ]);
      return {
        secondFactor,
        ticket: token,
        ticketExpiresAt: expiresAt.toISOString(),
        webauthn: secondFactor.includes("webauthn") ? await factors.optionsFor(account, challenge) : undefined,
      };
    },
    find: async (token, session) => {
      const hash = hashOf(token);
      const row = await db
        .selectFrom("factor_ticket")
        .select(["account_id", "challenge"])
        .where("token_hash", "=", hash)
        .where("session_id", session === undefined ? "is" : "=", session ?? null)
        .where("used_at", "is", null)
        .where("expires_at", ">", clock.now())
        .executeTakeFirst();
      if (row === undefined) return undefined;
      const use = used().where("token_hash", "=", hash);
      return { account: row.account_id, challenge: row.challenge, use: expectOne(use), drop: expectRows(use) };
    },
    dropAll: (account) => expectRows(used().where("account_id", "=", account)),
  };
}
