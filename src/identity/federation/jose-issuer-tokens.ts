import { decodeJwt, errors, type JWTPayload, type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from "jose";
import type { Clock } from "../../kernel/index.ts";
import type { Issuer } from "./issuers.ts";
import { isUnreachableIssuer } from "./unreachable-issuer.ts";

/** What an issuer's token proves of a person. */
export interface Proof {
  readonly subject: string;
  readonly issuedAt: Date;
  /** Groups as the issuer names them, each once. */
  readonly groups: readonly string[];
  readonly name: string | undefined;
}

/** For the log; the caller learns only that the token is not valid. */
export interface Disproof {
  readonly because: string;
  /** The issuer did not answer: nothing is known of the token. */
  readonly unreachable: boolean;
}

export interface IssuerTokens {
  /** An access token for this platform (RFC 9068). */
  verifyAccessToken(token: string): Promise<Proof | Disproof>;
  /** An ID token for this platform's client, of the sign-in with that nonce (OpenID Connect Core 3.1.3.7). */
  verifyIdToken(token: string, nonce: string): Promise<Proof | Disproof>;
}

/** Longest token looked at: group lists make them long. */
const maxTokenLength = 16_384;
const mostGroups = 1000;
/** OpenID Connect: at most 255 ASCII characters. */
const subjectPattern = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/;

/** Which issuer a text claims to come from. Nothing is proved by it. */
export function claimedIssuer(token: string): string | undefined {
  if (token.length > maxTokenLength) return undefined;
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

function whyNot(error: unknown): Disproof {
  if (isUnreachableIssuer(error)) return { because: "issuer unreachable", unreachable: true };
  if (error instanceof errors.JWTExpired) return { because: "too old", unreachable: false };
  // The claim is one that was asked for, not a word of the token's.
  if (error instanceof errors.JWTClaimValidationFailed) return { because: `wrong ${error.claim}`, unreachable: false };
  // Whatever else: signature, key, algorithm, form.
  return { because: "not genuine", unreachable: false };
}

/** A claim of one group or several; anything else lists none. */
function groupsOf(claim: unknown): readonly string[] {
  const listed: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  return [...new Set(listed.slice(0, mostGroups).filter((group): group is string => typeof group === "string"))];
}

const maxNameLength = 200;

function nameOf(payload: JWTPayload): string | undefined {
  const given = [payload["name"], payload["preferred_username"]].find((claim): claim is string => typeof claim === "string");
  // Controls, formats that turn a text around, and halves of characters.
  const plain = Array.from(given?.replaceAll(/\p{C}/gu, "") ?? "").slice(0, maxNameLength);
  return plain.join("").trim() || undefined;
}

export function createIssuerTokens(
  issuer: Issuer,
  deps: { readonly keys: JWTVerifyGetKey; readonly clock: Clock },
): IssuerTokens {
  const verify = async (
    token: string,
    options: JWTVerifyOptions,
    check: (payload: JWTPayload, type: string | undefined) => string | undefined,
  ): Promise<Proof | Disproof> => {
    if (token.length > maxTokenLength) return { because: "too long", unreachable: false };
    try {
      const { payload, protectedHeader } = await jwtVerify(token, deps.keys, {
        ...options,
        issuer: issuer.issuer,
        // Asymmetric ones only: no key of the set can be taken for an HMAC secret.
        algorithms: issuer.algorithms,
        currentDate: deps.clock.now(),
        clockTolerance: issuer.clockSkewMs / 1000,
        maxTokenAge: issuer.maxTokenAgeMs / 1000,
        requiredClaims: ["sub", "iat", "exp"],
      });
      const wrong = check(payload, protectedHeader.typ);
      if (wrong !== undefined) return { because: wrong, unreachable: false };
      if (typeof payload.sub !== "string" || !subjectPattern.test(payload.sub))
        return { because: "wrong sub", unreachable: false };
      return {
        subject: payload.sub,
        issuedAt: new Date((payload.iat ?? 0) * 1000),
        groups: groupsOf(payload[issuer.groupClaim]),
        name: nameOf(payload),
      };
    } catch (error) {
      return whyNot(error);
    }
  };

  return {
    verifyAccessToken: (token) =>
      verify(token, { audience: issuer.audience, typ: "at+jwt" }, (payload) =>
        // Bound to a key that its holder has to prove: as a mere bearer token it may be stolen goods.
        payload["cnf"] === undefined ? undefined : "bound to a key",
      ),
    verifyIdToken: (token, nonce) =>
      verify(token, { audience: issuer.clientId }, (payload, type) => {
        if (type !== undefined && type.toLowerCase() !== "jwt") return "wrong typ";
        if (payload["nonce"] !== nonce) return "wrong nonce";
        const { azp } = payload;
        const several = Array.isArray(payload.aud) && payload.aud.length > 1;
        return (several || azp !== undefined) && azp !== issuer.clientId ? "wrong azp" : undefined;
      }),
  };
}
