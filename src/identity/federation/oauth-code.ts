import * as oauth from "oauth4webapi";
import { type Clock, systemClock } from "../../kernel/index.ts";
import type { IssuerFetch } from "./fetch-issuer.ts";
import type { Issuer } from "./issuers.ts";
import type { Disproof } from "./jose-issuer-tokens.ts";
import { isUnreachableIssuer } from "./unreachable-issuer.ts";

/** What a sign-in is bound to; each is 256 random bits, base64url. */
export interface Secrets {
  /** Comes back with the browser: the answer is to our question. */
  readonly state: string;
  /** Comes back inside the ID token: the token is for this sign-in. */
  readonly nonce: string;
  /** Proved at the token endpoint (PKCE, RFC 7636): a code that was overheard is worth nothing. */
  readonly verifier: string;
}

/** Where the browser goes, with an authorization code request (RFC 6749 4.1, PKCE S256). */
export async function authorizationUrl(
  issuer: Issuer,
  metadata: oauth.AuthorizationServer,
  { state, nonce, verifier }: Secrets,
  redirectUri: string,
): Promise<string | undefined> {
  const url = URL.parse(metadata.authorization_endpoint ?? "");
  if (url === null) return undefined;
  const parameters = {
    response_type: "code",
    client_id: issuer.clientId,
    redirect_uri: redirectUri,
    scope: issuer.scope,
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

function whyNot(error: unknown): Disproof {
  if (isUnreachableIssuer(error)) return { because: "issuer unreachable", unreachable: true };
  if (error instanceof oauth.AuthorizationResponseError) return { because: "refused by the issuer", unreachable: false };
  if (error instanceof oauth.ResponseBodyError) return { because: "code refused by the issuer", unreachable: false };
  return { because: "not an answer to this sign-in", unreachable: false };
}

/**
 * The ID token for what the issuer sent the browser back with: `state` is ours, `iss` (RFC 9207) is
 * this issuer, the code is redeemed with its verifier. The token is still to be verified.
 */
export async function redeemCode(
  issuer: Issuer,
  metadata: oauth.AuthorizationServer,
  sent: { readonly parameters: URLSearchParams; readonly secrets: Secrets; readonly redirectUri: string },
  deps: { readonly fetch: IssuerFetch; readonly clientSecret: string | undefined; readonly clock: Clock },
): Promise<{ readonly idToken: string } | Disproof> {
  const { state, nonce, verifier } = sent.secrets;
  // The library reads the system's clock; the difference makes it ours.
  const skewMs = deps.clock.now().getTime() - systemClock.now().getTime();
  const client: oauth.Client = {
    client_id: issuer.clientId,
    [oauth.clockSkew]: Math.round(skewMs / 1000),
    [oauth.clockTolerance]: Math.ceil(issuer.clockSkewMs / 1000),
  };
  const methods = metadata.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
  const authenticate = methods.includes("client_secret_basic") ? oauth.ClientSecretBasic : oauth.ClientSecretPost;
  const authentication = deps.clientSecret === undefined ? oauth.None() : authenticate(deps.clientSecret);
  // The way out (fetch-issuer.ts) decides what is secure, for every address alike.
  const way = { [oauth.customFetch]: deps.fetch, [oauth.allowInsecureRequests]: true };
  try {
    const parameters = oauth.validateAuthResponse(metadata, client, sent.parameters, state);
    const response = await oauth.authorizationCodeGrantRequest(
      metadata,
      client,
      authentication,
      parameters,
      sent.redirectUri,
      verifier,
      way,
    );
    const answer = await oauth.processAuthorizationCodeResponse(metadata, client, response, {
      expectedNonce: nonce,
      requireIdToken: true,
    });
    return { idToken: answer.id_token ?? "" };
  } catch (error) {
    return whyNot(error);
  }
}
