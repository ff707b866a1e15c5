import { createHash, type KeyObject } from "node:crypto";
import { jwtVerify, SignJWT } from "jose";
import type { Clock, Random } from "../kernel/index.ts";

/** What an access token proves. */
export interface AccessClaims {
  readonly account: string;
  readonly session: string;
}

/** What it says besides, for the client to show. Never believed: organisation and roles are read from the store at each use. */
export interface AccessTokenFacts extends AccessClaims {
  readonly organisation: string;
  readonly roles: readonly string[];
}

export interface Tokens {
  issue(facts: AccessTokenFacts): Promise<{ readonly token: string; readonly expiresAt: Date }>;
  /** The claims of a token of ours that is valid now; undefined for any other, for whatever reason. */
  verify(token: string): Promise<AccessClaims | undefined>;
}

const algorithm = "EdDSA";
const type = "at+jwt";
/** Longest token looked at; ours have about 600 characters. */
const maxTokenLength = 4096;

/** Access tokens as EdDSA JWTs (RFC 9068, RFC 8037), signed and verified with one key of the platform. */
export function createTokens(deps: {
  readonly key: { readonly privateKey: KeyObject; readonly publicKey: KeyObject; readonly publicBytes: Uint8Array };
  readonly issuer: string;
  readonly audience: string;
  readonly ttlMs: number;
  readonly clock: Clock;
  readonly random: Random;
}): Tokens {
  const { key, issuer, audience, clock, random } = deps;
  const kid = createHash("sha256").update(key.publicBytes).digest("base64url").slice(0, 16);
  const ttlSeconds = Math.floor(deps.ttlMs / 1000);
  return {
    issue: async ({ account, session, organisation, roles }) => {
      const now = Math.floor(clock.now().getTime() / 1000);
      const token = await new SignJWT({ sid: session, org: organisation, roles })
        .setProtectedHeader({ alg: algorithm, typ: type, kid })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(account)
        .setIssuedAt(now)
        .setExpirationTime(now + ttlSeconds)
        .setJti(Buffer.from(random.bytes(16)).toString("base64url"))
        .sign(key.privateKey);
      return { token, expiresAt: new Date((now + ttlSeconds) * 1000) };
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
          // A shorter life, once configured, holds for tokens issued before; one from the future is none of ours.
          maxTokenAge: ttlSeconds,
          requiredClaims: ["sub", "sid", "iat", "exp", "jti"],
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
