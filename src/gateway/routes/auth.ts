import Type from "typebox";
import type { Identity } from "../../identity/index.ts";
import { type AnyRoute, route } from "../route.ts";
import { closed, shortText } from "../shapes.ts";

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
      handle: ({ body }) => identity.setupPlatform(body),
    }),
    route({
      method: "POST",
      url: "/v1/auth/login",
      permission: "public",
      summary: "Login and password for an access token and a refresh token.",
      body: closed({ login: shortText, password }),
      handle: ({ body }) => identity.login(body),
    }),
    route({
      method: "POST",
      url: "/v1/auth/refresh",
      permission: "public",
      summary: "A refresh token for new tokens; each works once, and a second use ends the session.",
      body: closed({ refreshToken: shortText }),
      handle: ({ body }) => identity.refresh(body.refreshToken),
    }),
    route({
      method: "POST",
      url: "/v1/auth/logout",
      permission: "signed-in",
      summary: "Ends the session of this token.",
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
      handle: async ({ caller }) => caller,
    }),
  ];
}
