import Type from "typebox";
import type { Identity } from "../../identity/index.ts";
import { type AnyRoute, route } from "../route.ts";
import { closed, idParams, idText, items, shortText } from "../shapes.ts";
import { json } from "../success.ts";

const scopes = Type.Array(Type.String({ pattern: "^[a-z-]{1,32}:[a-z-]{1,32}$" }), { minItems: 1, maxItems: 32 });
const view = {
  id: idText,
  name: Type.String(),
  organisation: idText,
  account: idText,
  maker: idText,
  scopes: Type.Array(Type.String()),
  state: Type.Enum(["active", "expired", "revoked", "ended"]),
  createdAt: Type.String(),
  expiresAt: Type.String(),
  lastUsedAt: Type.Union([Type.String(), Type.Null()]),
};

/** Bearer secrets of an operator's machines. */
export function serviceKeyRoutes({ identity }: { readonly identity: Identity }): readonly AnyRoute[] {
  return [
    route({
      method: "GET",
      url: "/v1/service-keys",
      permission: { action: "read", kind: "service-key" },
      summary: "Service keys of the caller's organisation, ended ones too, without their secrets.",
      answers: { 200: json(items(closed(view))) },
      handle: async ({ caller }) => ({ items: await identity.listServiceKeys(caller) }),
    }),
    route({
      method: "POST",
      url: "/v1/service-keys",
      permission: { action: "create", kind: "service-key" },
      recent: true,
      summary: "Makes a service key of the caller's organisation; its secret is shown in this answer only.",
      body: closed({ name: shortText, scopes, days: Type.Integer({ minimum: 1, maximum: 366 }) }),
      answers: { 201: json(closed({ ...view, secret: Type.String() })) },
      secret: true,
      refuses: ["IDENTITY_KEY_SCOPE", "IDENTITY_KEY_TERM", "IDENTITY_KEY_LIMIT"],
      handle: ({ caller, body }) => identity.createServiceKey(caller, body),
    }),
    route({
      method: "DELETE",
      url: "/v1/service-keys/:id",
      permission: { action: "revoke", kind: "service-key" },
      summary: "Revokes a service key at once; its record stays.",
      params: idParams,
      answers: { 200: json(closed(view)) },
      refuses: ["IDENTITY_KEY_UNKNOWN"],
      handle: ({ caller, params }) => identity.revokeServiceKey(caller, params.id),
    }),
  ];
}
