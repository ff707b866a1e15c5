import Type from "typebox";
import type { Identity } from "../../identity/index.ts";
import { type AnyRoute, route } from "../route.ts";
import { closed, idParams, idText, items } from "../shapes.ts";
import { json, nothing } from "../success.ts";
import { sessionView } from "../views/account-view.ts";

/** Open sessions: one's own, or for who manages them another account's. */
export function sessionRoutes({ identity }: { readonly identity: Identity }): readonly AnyRoute[] {
  return [
    route({
      method: "GET",
      url: "/v1/sessions",
      permission: "signed-in",
      summary: "Open sessions of the caller; of another account for the security administrator.",
      query: closed({ account: Type.Optional(idText) }),
      answers: { 200: json(items(sessionView)) },
      refuses: ["IDENTITY_ACCOUNT_UNKNOWN"],
      handle: ({ caller, query }) => identity.listSessions(caller, query.account),
    }),
    route({
      method: "DELETE",
      url: "/v1/sessions/:id",
      permission: "signed-in",
      summary: "Ends a session at once: one's own, or for the security administrator anybody's.",
      params: idParams,
      answers: { 204: nothing },
      refuses: ["IDENTITY_SESSION_UNKNOWN"],
      handle: async ({ caller, params, reply }) => (await identity.endSession(caller, params.id)) ?? reply.code(204).send(),
    }),
  ];
}
