import Type from "typebox";
import { type AnyRoute, route } from "../route.ts";
import { closed, items } from "../shapes.ts";
import { browser, type SignInParts } from "../sign-in-parts.ts";
import { json } from "../success.ts";
import { signedIn } from "../views/account-view.ts";

const issuerParams = closed({ issuer: Type.String({ pattern: "^[a-z][a-z0-9-]{0,31}$" }) });
const address = Type.String({ minLength: 1, maxLength: 8192, pattern: "^https?://[\\x21-\\x7e]+$" });

/** Signing in at a configured issuer (OpenID Connect, authorization code flow with PKCE). */
export function issuerRoutes({ identity, browsers }: SignInParts): readonly AnyRoute[] {
  return [
    route({
      method: "GET",
      url: "/v1/auth/oidc",
      permission: "public",
      summary: "Issuers at which people can sign in.",
      answers: {
        200: json(items(closed({ name: Type.String(), issuer: Type.String(), redirectUris: Type.Array(Type.String()) }))),
      },
      handle: async () => ({ items: identity.listIssuers() }),
    }),
    route({
      method: "POST",
      url: "/v1/auth/oidc/:issuer/start",
      rate: "secret",
      permission: "public",
      summary: "Begins a sign-in: where the browser goes, and what the client keeps until it comes back.",
      params: issuerParams,
      body: closed({ redirectUri: Type.Optional(address) }),
      answers: { 200: json(closed({ authorizationUrl: Type.String(), transaction: Type.String() }, { title: "SignInStarted" })) },
      refuses: ["IDENTITY_ISSUER_UNKNOWN", "IDENTITY_REDIRECT_UNKNOWN", "IDENTITY_ISSUER_UNREACHABLE"],
      handle: ({ params, body }) => identity.startSignIn(params.issuer, body.redirectUri),
    }),
    route({
      method: "POST",
      url: "/v1/auth/oidc/:issuer/finish",
      rate: "secret",
      permission: "public",
      summary: "Ends it: the address the issuer sent the browser back to, and the transaction, for a session of the platform.",
      params: issuerParams,
      body: closed({
        transaction: Type.String({ pattern: "^[A-Za-z0-9_-]{1,4096}$" }),
        callback: address,
        ...browser,
      }),
      answers: { 200: json(signedIn) },
      sends: ["set-cookie"],
      refuses: ["IDENTITY_ISSUER_UNKNOWN", "IDENTITY_SIGN_IN_REFUSED", "IDENTITY_NOT_MAPPED", "IDENTITY_ISSUER_UNREACHABLE"],
      handle: ({ params, body: { browser: inBrowser, ...callback }, request, reply }) =>
        browsers.signIn({ request, reply }, inBrowser, (client) => identity.finishSignIn(params.issuer, callback, client)),
    }),
  ];
}
