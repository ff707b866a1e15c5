import Type from "typebox";
import { type AnyRoute, route } from "../route.ts";
import { sessionLimits } from "../session-limits.ts";
import { closed, idText, shortText } from "../shapes.ts";
import { browser, type SignInParts } from "../sign-in-parts.ts";
import { json, nothing } from "../success.ts";
import { callerView, secondFactorAsked, signedIn } from "../views/account-view.ts";
import { assertion, code } from "../webauthn-shapes.ts";

export const password = Type.String({ minLength: 1, maxLength: 1024 });

/** How people get in and out; the first set-up needs the one-time code of the first start. */
export function authRoutes({ identity, browsers }: SignInParts): readonly AnyRoute[] {
  return [
    route({
      method: "POST",
      url: "/v1/setup",
      rate: "secret",
      permission: "public",
      summary: "Makes the platform's organisation and its three administrators, once, with the code of the first start.",
      body: closed({
        code: shortText,
        organisation: shortText,
        accounts: Type.Array(
          closed({
            role: Type.Union([Type.Literal("platform-admin"), Type.Literal("security-admin"), Type.Literal("audit-admin")]),
            login: shortText,
            name: shortText,
            password,
          }),
          { minItems: 3, maxItems: 3 },
        ),
      }),
      answers: { 200: json(closed({ organisation: idText })) },
      refuses: [
        "IDENTITY_SETUP_REFUSED",
        "IDENTITY_ROLES_APART",
        "IDENTITY_PASSWORD_WEAK",
        "IDENTITY_PASSWORD_LISTED",
        "IDENTITY_LOGIN_MALFORMED",
      ],
      handle: ({ body }) => identity.setupPlatform(body),
    }),
    route({
      method: "POST",
      url: "/v1/auth/login",
      rate: "secret",
      permission: "public",
      summary: "Login and password for tokens; or, where a second factor is enrolled, for a ticket to show it with.",
      body: closed({ login: shortText, password, ...browser }),
      answers: { 200: json(Type.Union([signedIn, secondFactorAsked])) },
      sends: ["set-cookie"],
      refuses: ["IDENTITY_LOGIN_REFUSED"],
      handle: ({ body: { browser: inBrowser, ...credentials }, request, reply }) =>
        browsers.signIn({ request, reply }, inBrowser, (client) => identity.login({ ...credentials, client })),
    }),
    route({
      method: "POST",
      url: "/v1/auth/second-factor",
      rate: "secret",
      permission: "public",
      summary: "A ticket and the second factor for tokens. A ticket works once, right or wrong.",
      body: Type.Union([
        closed({ ticket: shortText, totp: code, ...browser }),
        closed({ ticket: shortText, webauthn: assertion, ...browser }),
        closed({ ticket: shortText, recoveryCode: shortText, ...browser }),
      ]),
      answers: { 200: json(signedIn) },
      sends: ["set-cookie"],
      refuses: ["IDENTITY_LOGIN_REFUSED"],
      handle: ({ body: { ticket, browser: inBrowser, ...proof }, request, reply }) =>
        browsers.signIn({ request, reply }, inBrowser, (client) => identity.showSecondFactor({ ticket, proof, client })),
    }),
    route({
      method: "POST",
      url: "/v1/auth/reauthenticate/ticket",
      rate: "secret",
      permission: "signed-in",
      whileLimited: sessionLimits,
      summary: "What this session can show again, and what a security key has to sign for it.",
      answers: { 200: json(secondFactorAsked) },
      handle: ({ caller }) => identity.askAgain(caller),
    }),
    route({
      method: "POST",
      url: "/v1/auth/reauthenticate",
      rate: "secret",
      permission: "signed-in",
      whileLimited: sessionLimits,
      summary: "Shows a factor again: the second one, or the password where none is enrolled. Votes and releases ask for it.",
      body: Type.Union([
        closed({ totp: code }),
        closed({ ticket: shortText, webauthn: assertion }),
        closed({ recoveryCode: shortText }),
        closed({ password }),
      ]),
      answers: { 200: json(closed({ recentUntil: Type.String({ format: "date-time" }) })) },
      refuses: ["IDENTITY_REAUTHENTICATION_REFUSED"],
      handle: ({ caller, body }) =>
        "ticket" in body
          ? identity.showAgain(caller, { ticket: body.ticket, proof: { webauthn: body.webauthn } })
          : identity.showAgain(caller, { proof: body }),
    }),
    route({
      method: "POST",
      url: "/v1/auth/refresh",
      rate: "secret",
      permission: "public",
      summary: "A refresh token, or a browser's cookie, for new tokens; each works once, and a second use ends the session.",
      body: Type.Union([closed({ refreshToken: shortText }), closed({ browser: Type.Literal(true) })]),
      answers: { 200: json(signedIn) },
      sends: ["set-cookie"],
      refuses: ["IDENTITY_REFRESH_REFUSED"],
      handle: ({ body, request, reply }) =>
        "refreshToken" in body
          ? identity.refresh(body.refreshToken)
          : browsers.refresh({ request, reply }, (token) => identity.refresh(token, "cookie")),
    }),
    route({
      method: "POST",
      url: "/v1/auth/logout",
      permission: "signed-in",
      whileLimited: sessionLimits,
      summary: "Ends the session of this token.",
      answers: { 204: nothing },
      sends: ["set-cookie"],
      handle: async ({ caller, request, reply }) => {
        await identity.logout(caller);
        if (browsers.tokenOf(request) !== undefined) browsers.forget(reply);
        return reply.code(204).send();
      },
    }),
    route({
      method: "GET",
      url: "/v1/me",
      permission: "identified",
      whileLimited: sessionLimits,
      summary: "Who the token says you are, your roles now, and what this session still lacks.",
      answers: { 200: json(callerView) },
      handle: async ({ caller }) => caller,
    }),
  ];
}
