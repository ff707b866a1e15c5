import { type Refusal, refuse } from "../../kernel/index.ts";
import type { Entry } from "../authenticate.ts";
import type { IdentityContext } from "../context.ts";
import type { IdentityRefusalCode } from "../refusals.ts";
import type { Client, SessionOpening } from "../session-opening.ts";
import type { SignedIn } from "../signed-in.ts";
import { createFederatedAccounts } from "./federated-accounts.ts";
import { createIssuerFetch } from "./fetch-issuer.ts";
import { readClientSecret } from "./file-client-secret.ts";
import { createIssuerEntry } from "./issuer-entry.ts";
import { createIssuerSignIn, type IssuerSignIn, type SignInStarted } from "./issuer-sign-in.ts";
import { resolveIssuers } from "./issuers.ts";
import { createIssuerKeys } from "./jose-issuer-keys.ts";
import { claimedIssuer, createIssuerTokens } from "./jose-issuer-tokens.ts";
import { createIssuerMetadata } from "./oauth-metadata.ts";
import { createTransactions } from "./sign-in-transaction.ts";

export interface IssuerView {
  readonly name: string;
  readonly issuer: string;
  readonly redirectUris: readonly string[];
}

export interface Federation {
  /** Brings the accounts of issuers in step with the settings and looks whether their secrets can be read; once, at the start. */
  applyIssuerSettings(): Promise<void>;
  /** Issuers at which people can sign in. */
  listIssuers(): readonly IssuerView[];
  startSignIn(issuer: string, redirectUri?: string): Promise<SignInStarted | Refusal<IdentityRefusalCode>>;
  finishSignIn(
    issuer: string,
    request: { readonly transaction: string; readonly callback: string },
    client?: Client,
  ): Promise<SignedIn | Refusal<IdentityRefusalCode>>;
}

/** People and tokens of foreign issuers. Throws `IDENTITY_ISSUER_SETTINGS`. */
export function createFederation(
  context: IdentityContext,
  opening: SessionOpening,
): Federation & { readonly entryFor: (bearer: string) => Entry | undefined } {
  const { clock, work, settings } = context;
  const issuers = resolveIssuers(settings);
  const accounts = createFederatedAccounts(context);
  const transactions = createTransactions(context);
  const entries = new Map<string, Entry>();
  const signIns = new Map<string, IssuerSignIn>();
  for (const issuer of issuers) {
    const fetch = createIssuerFetch(issuer.issuer);
    const metadata = createIssuerMetadata(issuer, { fetch, clock });
    const tokens = createIssuerTokens(issuer, { keys: createIssuerKeys(issuer, { metadata, fetch, clock }), clock });
    entries.set(issuer.issuer, createIssuerEntry(context, issuer, { tokens, accounts }));
    if (issuer.redirectUris.length > 0)
      signIns.set(issuer.name, createIssuerSignIn(context, issuer, { fetch, metadata, tokens, accounts, transactions, opening }));
  }

  return {
    /** The entry of the configured issuer a text claims to come from. */
    entryFor: (bearer) => {
      const claimed = entries.size === 0 ? undefined : claimedIssuer(bearer);
      return claimed === undefined ? undefined : entries.get(claimed);
    },
    applyIssuerSettings: async () => {
      // A secret that cannot be read is better found by who starts the platform than by who signs in.
      for (const { clientSecretFile } of issuers) if (clientSecretFile !== undefined) await readClientSecret(clientSecretFile);
      await accounts.applySettings(issuers);
    },
    listIssuers: () =>
      issuers.filter(({ name }) => signIns.has(name)).map(({ name, issuer, redirectUris }) => ({ name, issuer, redirectUris })),
    startSignIn: async (name, redirectUri) => signIns.get(name)?.start(redirectUri) ?? refuse("IDENTITY_ISSUER_UNKNOWN"),
    finishSignIn: async (name, request, client) => {
      const signIn = signIns.get(name);
      if (signIn !== undefined) return signIn.finish(request, client);
      const code = "IDENTITY_ISSUER_UNKNOWN";
      await work.record({ type: "login.refused", actor: { kind: "anonymous" }, object: "unknown", outcome: "refused", code });
      return refuse(code);
    },
  };
}
