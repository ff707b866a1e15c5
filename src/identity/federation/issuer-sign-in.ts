import { expectOne } from "../../audit/index.ts";
import { type Refusal, refuse, sha256 } from "../../kernel/index.ts";
import type { IdentityContext } from "../context.ts";
import type { IdentityRefusalCode } from "../refusals.ts";
import type { Client, SessionOpening } from "../session-opening.ts";
import type { SignedIn } from "../signed-in.ts";
import type { FederatedAccounts } from "./federated-accounts.ts";
import type { IssuerFetch } from "./fetch-issuer.ts";
import { readClientSecret } from "./file-client-secret.ts";
import { createIssuerRefusal } from "./issuer-refusal.ts";
import type { Issuer } from "./issuers.ts";
import type { IssuerTokens } from "./jose-issuer-tokens.ts";
import { authorizationUrl, redeemCode } from "./oauth-code.ts";
import type { IssuerMetadata } from "./oauth-metadata.ts";
import type { Transactions } from "./sign-in-transaction.ts";
import { isUnreachableIssuer } from "./unreachable-issuer.ts";

export interface SignInStarted {
  /** Where the browser goes. */
  readonly authorizationUrl: string;
  /** Kept by the client and sent with the answer; it opens nothing by itself. */
  readonly transaction: string;
}

/** Signing in at one issuer (authorization code flow), ending in a session of the platform. */
export interface IssuerSignIn {
  start(redirectUri: string | undefined): Promise<SignInStarted | Refusal<IdentityRefusalCode>>;
  finish(
    request: { readonly transaction: string; readonly callback: string },
    client?: Client,
  ): Promise<SignedIn | Refusal<IdentityRefusalCode>>;
}

export interface IssuerParts {
  readonly fetch: IssuerFetch;
  readonly metadata: IssuerMetadata;
  readonly tokens: IssuerTokens;
  readonly accounts: FederatedAccounts;
  readonly transactions: Transactions;
  readonly opening: SessionOpening;
}

const withoutQuery = (url: URL): string => `${url.origin}${url.pathname}`;

export function createIssuerSignIn(context: IdentityContext, issuer: Issuer, parts: IssuerParts): IssuerSignIn {
  const { store, clock } = context;
  const { db } = store;
  const { metadata, transactions, tokens, accounts, opening } = parts;

  const no = createIssuerRefusal(context, issuer, "login.refused");
  const metadataNow = () =>
    metadata.get().catch((error: unknown) => {
      if (isUnreachableIssuer(error)) return undefined;
      throw error;
    });

  return {
    start: async (asked) => {
      const redirectUri = asked ?? issuer.redirectUris[0];
      if (redirectUri === undefined || !issuer.redirectUris.includes(redirectUri)) return refuse("IDENTITY_REDIRECT_UNKNOWN");
      const published = await metadataNow();
      if (published === undefined) return refuse("IDENTITY_ISSUER_UNREACHABLE");
      const { secrets, sealed } = await transactions.begin(issuer, redirectUri);
      const url = await authorizationUrl(issuer, published, secrets, redirectUri);
      return url === undefined ? refuse("IDENTITY_ISSUER_UNREACHABLE") : { authorizationUrl: url, transaction: sealed };
    },
    finish: async ({ transaction: sealed, callback }, client) => {
      const transaction = await transactions.open(issuer, sealed);
      if (transaction === undefined) return no("IDENTITY_SIGN_IN_REFUSED", "no transaction of this issuer, or over");
      const { secrets, redirectUri } = transaction;
      const url = URL.parse(callback);
      // An address of its own for each issuer tells whose answer it is, where the issuer does not say so itself.
      if (url === null || withoutQuery(url) !== withoutQuery(new URL(redirectUri)))
        return no("IDENTITY_SIGN_IN_REFUSED", "sent back to another address");
      const published = await metadataNow();
      if (published === undefined) return no("IDENTITY_ISSUER_UNREACHABLE", "issuer unreachable");
      const clientSecret = issuer.clientSecretFile && (await readClientSecret(issuer.clientSecretFile));
      const redeemed = await redeemCode(
        issuer,
        published,
        { parameters: url.searchParams, secrets, redirectUri },
        { fetch: parts.fetch, clientSecret, clock },
      );
      const proof = "because" in redeemed ? redeemed : await tokens.verifyIdToken(redeemed.idToken, secrets.nonce);
      if ("because" in proof)
        return no(proof.unreachable ? "IDENTITY_ISSUER_UNREACHABLE" : "IDENTITY_SIGN_IN_REFUSED", proof.because);
      const account = await accounts.admit(issuer, proof);
      if ("refused" in account)
        return no(
          account.refused === "IDENTITY_TOKEN_INVALID" ? "IDENTITY_SIGN_IN_REFUSED" : account.refused,
          account.because,
          account.account,
        );
      // Met by a second use of the transaction, whatever the issuer thinks of a second use of the code.
      const useOnce = (session: string) => [
        expectOne(
          db
            .insertInto("session_issuer")
            .values({ session_id: session, issuer: issuer.issuer, state_hash: Buffer.from(sha256(secrets.state)) })
            .returning("session_id"),
        ),
      ];
      const opened = await opening.open(
        { id: account.id, organisation_id: account.organisation },
        { issuer, changes: useOnce },
        client,
      );
      return opened ?? no("IDENTITY_SIGN_IN_REFUSED", "used before, or the account was disabled", account.id);
    },
  };
}
