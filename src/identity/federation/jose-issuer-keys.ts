import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";
import type { Clock } from "../../kernel/index.ts";
import type { IssuerFetch } from "./fetch-issuer.ts";
import type { Issuer } from "./issuers.ts";
import { createKept } from "./kept.ts";
import type { IssuerMetadata } from "./oauth-metadata.ts";
import { unreachableIssuer } from "./unreachable-issuer.ts";

/**
 * The issuer's signing keys. A key it withdraws stops working when the kept set is too old, a new
 * one works at once: an unknown key id asks again. Not `createRemoteJWKSet`, which keeps its own
 * time, follows any address and goes on with an old set.
 */
export function createIssuerKeys(
  issuer: Issuer,
  deps: { readonly metadata: IssuerMetadata; readonly fetch: IssuerFetch; readonly clock: Clock },
): JWTVerifyGetKey {
  const load = async (): Promise<JWTVerifyGetKey> => {
    const { jwks_uri: address } = await deps.metadata.get();
    if (address === undefined) throw unreachableIssuer(`${issuer.issuer} names no address of its keys.`);
    const response = await deps.fetch(address, { headers: { accept: "application/json, application/jwk-set+json" } });
    if (response.status !== 200) throw unreachableIssuer(`${issuer.issuer} answers ${response.status} instead of its keys.`);
    try {
      return createLocalJWKSet((await response.json()) as JSONWebKeySet);
    } catch (cause) {
      throw unreachableIssuer(`${issuer.issuer} answers something else than a key set.`, cause);
    }
  };
  const kept = createKept({ clock: deps.clock, maxAgeMs: issuer.keysMaxAgeMs, load });
  return async (header, token) => {
    const keyOf = await kept.get();
    try {
      return await keyOf(header, token);
    } catch (error) {
      const newer = error instanceof errors.JWKSNoMatchingKey ? await kept.renew() : undefined;
      if (newer === undefined) throw error;
      return newer(header, token);
    }
  };
}
