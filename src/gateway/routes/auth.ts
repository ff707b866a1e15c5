import Type from "typebox";
import type { Identity } from "../../identity/index.ts";
import { type AnyRoute, route } from "../route.ts";
import { closed, idText, shortText } from "../shapes.ts";
import { json, nothing } from "../success.ts";
import { callerView, signedIn } from "../views/account-view.ts";

const password = Type.String({ minLength: 1, maxLength: 1024 });

/** How people get in and out; the first set-up needs the one-time code of the first start. */
export function authRoutes({ identity }: { readonly identity: Identity }): readonly AnyRoute[] {
  return [
    route({
      method: "POST",
      url: "/v1/setup",
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
      refuses: ["IDENTITY_SETUP_REFUSED", "IDENTITY_ROLES_APART", "IDENTITY_PASSWORD_WEAK", "IDENTITY_LOGIN_MALFORMED"],
      handle: ({ body }) => identity.setupPlatform(body),
    }),
    route({
      method: "POST",
      url: "/v1/auth/login",
      permission: "public",
      summary: "Login and password for an access token and a refresh token.",
      body: closed({ login: shortText, password }),
      answers: { 200: json(signedIn) },
      refuses: ["IDENTITY_LOGIN_REFUSED"],
      handle: ({ body }) => identity.login(body),
    }),
    route({
      method: "POST",
      url: "/v1/auth/refresh",
      permission: "public",
      summary: "A refresh token for new tokens; each works once, and a second use ends the session.",
      body: closed({ refreshToken: shortText }),
      answers: { 200: json(signedIn) },
      refuses: ["IDENTITY_REFRESH_REFUSED"],
      handle: ({ body }) => identity.refresh(body.refreshToken),
    }),
    route({
      method: "POST",
      url: "/v1/auth/logout",
      permission: "signed-in",
      summary: "Ends the session of this token.",
      answers: { 204: nothing },
      handle: async ({ caller, reply }) => {
        await identity.logout(caller);
        return reply.code(204).send();
      },
    }),
    route({
      method: "GET",
      url: "/v1/me",
      permission: "identified",
      summary: "Who the token says you are, and your roles now.",
      answers: { 200: json(callerView) },
      handle: async ({ caller }) => caller,
    }),
  ];
}
