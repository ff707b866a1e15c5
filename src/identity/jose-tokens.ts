import { createHash, type KeyObject } from "node:crypto";
import { jwtVerify, SignJWT } from "jose";
import type { Clock } from "../kernel/index.ts";

/** What an access token carries; roles are read from the store at each use, not from it. */
export interface AccessClaims {
  readonly account: string;
  readonly session: string;
}

export interface Tokens {
  issue(claims: AccessClaims): Promise<{ readonly token: string; readonly expiresAt: Date }>;
  /** The claims of a token of ours that is valid now; undefined for any other, for whatever reason. */
  verify(token: string): Promise<AccessClaims | undefined>;
}

const algorithm = "EdDSA";
const type = "at+jwt";
/** Longest token looked at; ours have about 400 characters. */
const maxTokenLength = 4096;

/** Access tokens as EdDSA JWTs (RFC 9068, RFC 8037), signed and verified with one key of the platform. */
export function createTokens(deps: {
  readonly key: { readonly privateKey: KeyObject; readonly publicKey: KeyObject; readonly publicBytes: Uint8Array };
  readonly issuer: string;
  readonly audience: string;
  readonly ttlMs: number;
  readonly clock: Clock;
}): Tokens {
  const { key, issuer, audience, clock } = deps;
  const kid = createHash("sha256").update(key.publicBytes).digest("base64url").slice(0, 16);
  return {
    issue: async ({ account, session }) => {
      const now = Math.floor(clock.now().getTime() / 1000);
      const expires = now + Math.floor(deps.ttlMs / 1000);
      const token = await new SignJWT({ sid: session })
        .setProtectedHeader({ alg: algorithm, typ: type, kid })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(account)
        .setIssuedAt(now)
        .setExpirationTime(expires)
        .sign(key.privateKey);
      return { token, expiresAt: new Date(expires * 1000) };
    },
    verify: async (token) => {
      if (token.length > maxTokenLength) return undefined;
      try {
        const { payload, protectedHeader } = await jwtVerify(token, key.publicKey, {
          algorithms: [algorithm],
          typ: type,
          issuer,
          audience,
          currentDate: clock.now(),
          clockTolerance: 0,
          requiredClaims: ["sub", "sid", "iat", "exp"],
        });
        const { sub, sid } = payload;
        if (protectedHeader.kid !== kid || typeof sub !== "string" || typeof sid !== "string") return undefined;
        return { account: sub, session: sid };
      } catch {
        // Every way of being wrong is one answer (jose's errors would tell them apart).
        return undefined;
      }
    },
  };
}
