import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from "@simplewebauthn/server";
import { IdentityError } from "./errors.ts";
import type { AssertionAnswer, NewCredentialAnswer, PublicKeyOptions } from "./webauthn-answers.ts";

/** A credential as it was enrolled. */
export interface Credential {
  /** base64url */
  readonly id: string;
  /** COSE_Key. */
  readonly publicKey: Uint8Array;
  /** Signatures it says to have made; 0 for ever where the authenticator does not count. */
  readonly counter: number;
  readonly transports: readonly string[];
}

type Known = Pick<Credential, "id" | "transports">;

export interface Credentials {
  createOptions(
    account: { readonly id: string; readonly login: string; readonly name: string },
    known: readonly Known[],
    challenge: Uint8Array,
  ): Promise<PublicKeyOptions>;
  getOptions(known: readonly Known[], challenge: Uint8Array): Promise<PublicKeyOptions>;
  /** The new credential, or undefined for an answer that is wrong in any way. */
  verifyNew(answer: NewCredentialAnswer, challenge: string): Promise<Credential | undefined>;
  /** The counter to keep, or undefined for an answer that is wrong in any way. */
  verifyAssertion(answer: AssertionAnswer, challenge: string, credential: Credential): Promise<number | undefined>;
}

/** EdDSA, ES256, RS256: what authenticators have (COSE). */
const algorithms = [-8, -7, -257];
const relyingParty = "Hanguang 含光";

/** Wrong in whatever way is one answer: the library's errors would tell the ways apart. */
async function orUndefined<T>(task: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await task();
  } catch {
    return undefined;
  }
}

/** The library's `Uint8Array` is one over an `ArrayBuffer` of its own. */
const own = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => Uint8Array.from(bytes);

/** WebAuthn level 3: user verification required, attestation neither asked for nor believed. */
export function createCredentials({ origin, rpId }: { readonly origin: string; readonly rpId: string }): Credentials {
  const host = new URL(origin).hostname;
  if (host !== rpId && !host.endsWith(`.${rpId}`))
    throw new IdentityError(
      "IDENTITY_RELYING_PARTY_FOREIGN",
      `No browser at ${origin} uses a security key for ${rpId}. Set identity.webauthnRpId to ${host} or a domain above it.`,
    );
  const listed = (known: readonly Known[]) => known.map(({ id, transports }) => ({ id, transports: [...transports] }));
  return {
    createOptions: async (account, known, challenge) => ({
      ...(await generateRegistrationOptions({
        rpName: relyingParty,
        rpID: rpId,
        userName: account.login,
        userID: own(Buffer.from(account.id)),
        userDisplayName: account.name,
        challenge: own(challenge),
        attestationType: "none",
        excludeCredentials: listed(known),
        authenticatorSelection: { residentKey: "discouraged", userVerification: "required" },
        supportedAlgorithmIDs: algorithms,
      })),
    }),
    getOptions: async (known, challenge) => ({
      ...(await generateAuthenticationOptions({
        rpID: rpId,
        allowCredentials: listed(known),
        challenge: own(challenge),
        userVerification: "required",
      })),
    }),
    verifyNew: ({ id, rawId, response }, challenge) =>
      orUndefined(async () => {
        const { verified, registrationInfo } = await verifyRegistrationResponse({
          response: {
            id,
            rawId,
            type: "public-key",
            response: { clientDataJSON: response.clientDataJSON, attestationObject: response.attestationObject },
            clientExtensionResults: {},
          },
          expectedChallenge: challenge,
          expectedOrigin: origin,
          expectedRPID: rpId,
          supportedAlgorithmIDs: algorithms,
          requireUserVerification: true,
        });
        if (!verified) return undefined;
        const { credential } = registrationInfo;
        // The answer's own id is only said; the one inside is what the authenticator made.
        if (credential.id !== id) return undefined;
        return {
          id: credential.id,
          publicKey: credential.publicKey,
          counter: credential.counter,
          transports: response.transports ?? [],
        };
      }),
    verifyAssertion: ({ id, rawId, response }, challenge, credential) =>
      orUndefined(async () => {
        const { verified, authenticationInfo } = await verifyAuthenticationResponse({
          response: {
            id,
            rawId,
            type: "public-key",
            response: {
              clientDataJSON: response.clientDataJSON,
              authenticatorData: response.authenticatorData,
              signature: response.signature,
            },
            clientExtensionResults: {},
          },
          expectedChallenge: challenge,
          expectedOrigin: origin,
          expectedRPID: rpId,
          credential: { id: credential.id, publicKey: own(credential.publicKey), counter: credential.counter },
          requireUserVerification: true,
        });
        return verified ? authenticationInfo.newCounter : undefined;
      }),
  };
}
