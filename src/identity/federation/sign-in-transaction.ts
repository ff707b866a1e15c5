import type { Clock, Random } from "../../kernel/index.ts";
import { KeysError, type Keystore } from "../../keys/index.ts";
import type { Issuer } from "./issuers.ts";
import type { Secrets } from "./oauth-code.ts";

/** What the platform has to know again when the browser comes back. */
export interface Transaction {
  readonly secrets: Secrets;
  readonly redirectUri: string;
}

export interface Transactions {
  begin(issuer: Issuer, redirectUri: string): Promise<Transaction & { readonly sealed: string }>;
  /** The transaction if it was begun for that issuer and is not over; undefined for any other text. */
  open(issuer: Issuer, sealed: string): Promise<Transaction | undefined>;
}

/** From the click to the return, passwords and second factors at the issuer included. */
const lifeMs = 600_000;

const secret = (random: Random): string => Buffer.from(random.bytes(32)).toString("base64url");
const contextOf = (issuer: Issuer): string => `sign-in at ${issuer.issuer}`;

/**
 * The client that begins a sign-in keeps it, sealed: the platform stores nothing for strangers, and
 * an answer without the transaction of the same client is worth nothing (login CSRF, mix-up).
 */
export function createTransactions(deps: {
  readonly keys: Pick<Keystore, "seal" | "unseal">;
  readonly clock: Clock;
  readonly random: Random;
}): Transactions {
  const { keys, clock, random } = deps;
  return {
    begin: async (issuer, redirectUri) => {
      const secrets = { state: secret(random), nonce: secret(random), verifier: secret(random) };
      const text = JSON.stringify({ secrets, redirectUri, until: clock.now().getTime() + lifeMs });
      const sealed = await keys.seal("sign-in", "platform", Buffer.from(text), contextOf(issuer));
      return { secrets, redirectUri, sealed: sealed.toString("base64url") };
    },
    open: async (issuer, sealed) => {
      try {
        const bytes = await keys.unseal("sign-in", "platform", Buffer.from(sealed, "base64url"), contextOf(issuer));
        const { secrets, redirectUri, until } = JSON.parse(bytes.toString()) as Transaction & { readonly until: number };
        return clock.now().getTime() < until ? { secrets, redirectUri } : undefined;
      } catch (error) {
        if (error instanceof KeysError && error.code === "KEYS_SEAL_BROKEN") return undefined;
        throw error;
      }
    },
  };
}
