import type { Entry } from "../authenticate.ts";
import type { IdentityContext } from "../context.ts";
import { createFederatedAccounts } from "./federated-accounts.ts";
import { createIssuerFetch } from "./fetch-issuer.ts";
import { createIssuerEntry } from "./issuer-entry.ts";
import { resolveIssuers } from "./issuers.ts";
import { createIssuerKeys } from "./jose-issuer-keys.ts";
import { claimedIssuer, createIssuerTokens } from "./jose-issuer-tokens.ts";
import { createIssuerMetadata } from "./oauth-metadata.ts";

export interface Federation {
  /** Brings the accounts of issuers in step with the settings; once, at the start. */
  applyIssuerSettings(): Promise<void>;
}

/** People and tokens of foreign issuers. Throws `IDENTITY_ISSUER_SETTINGS`. */
export function createFederation(context: IdentityContext) {
  const issuers = resolveIssuers(context.settings);
  const accounts = createFederatedAccounts(context);
  const entries = new Map<string, Entry>();
  for (const issuer of issuers) {
    const fetch = createIssuerFetch(issuer.issuer);
    const metadata = createIssuerMetadata(issuer, { fetch, clock: context.clock });
    const keys = createIssuerKeys(issuer, { metadata, fetch, clock: context.clock });
    const tokens = createIssuerTokens(issuer, { keys, clock: context.clock });
    entries.set(issuer.issuer, createIssuerEntry(context, issuer, { tokens, accounts }));
  }
  return {
    /** The entry of the configured issuer a text claims to come from. */
    entryFor: (bearer: string): Entry | undefined => {
      const claimed = entries.size === 0 ? undefined : claimedIssuer(bearer);
      return claimed === undefined ? undefined : entries.get(claimed);
    },
    applyIssuerSettings: () => accounts.applySettings(issuers),
  };
}
