import * as oauth from "oauth4webapi";
import type { Clock } from "../../kernel/index.ts";
import type { IssuerFetch } from "./fetch-issuer.ts";
import type { Issuer } from "./issuers.ts";
import { createKept, type Kept } from "./kept.ts";
import { unreachableIssuer } from "./unreachable-issuer.ts";

/** An issuer's addresses and abilities, as it publishes them (OpenID Connect Discovery 1.0). */
export type IssuerMetadata = Kept<oauth.AuthorizationServer>;

export function createIssuerMetadata(
  issuer: Issuer,
  deps: { readonly fetch: IssuerFetch; readonly clock: Clock },
): IssuerMetadata {
  const load = async (): Promise<oauth.AuthorizationServer> => {
    const url = new URL(issuer.issuer);
    // The way out (fetch-issuer.ts) decides what is secure, for every address alike.
    const response = await oauth.discoveryRequest(url, { [oauth.customFetch]: deps.fetch, [oauth.allowInsecureRequests]: true });
    const metadata = await oauth.processDiscoveryResponse(url, response).catch((cause: unknown) => {
      throw unreachableIssuer(`${issuer.issuer} does not publish the metadata of an issuer.`, cause);
    });
    // The library compares addresses, in which `https://x` and `https://x/` are one; tokens are compared to the letter.
    if (metadata.issuer !== issuer.issuer)
      throw unreachableIssuer(
        `${issuer.issuer} calls itself ${metadata.issuer}. Set \`issuer\` to that, if it is the right one.`,
      );
    return metadata;
  };
  return createKept({ clock: deps.clock, maxAgeMs: issuer.keysMaxAgeMs, load });
}
