import Type from "typebox";
import type { Identity } from "../../identity/index.ts";
import { isRefusal } from "../../kernel/index.ts";
import { type AnyRoute, route } from "../route.ts";
import { closed, idParams, idText, shortText } from "../shapes.ts";

const organisationKind = Type.Union(
  (["source-unit", "agency", "operator", "authority", "regulator"] as const).map((kind) => Type.Literal(kind)),
);

/** Organisations and accounts. Making an account and giving it roles are two people's work (三员分立). */
export function accountRoutes({ identity }: { readonly identity: Identity }): readonly AnyRoute[] {
  return [
    route({
      method: "GET",
      url: "/v1/organisations",
      permission: { action: "read", kind: "organisation" },
      summary: "All organisations.",
      handle: async () => ({ items: await identity.listOrganisations() }),
    }),
    route({
      method: "POST",
      url: "/v1/organisations",
      permission: { action: "create", kind: "organisation" },
      summary: "Registers an organisation; an operator needs a valid unified social credit code (Art. 3).",
      body: closed({ kind: organisationKind, name: shortText, uscc: Type.Optional(shortText) }),
      handle: async ({ caller, body, reply }) => {
        const made = await identity.createOrganisation(caller, body);
        return isRefusal(made) ? made : reply.code(201).send(made);
      },
    }),
    route({
      method: "GET",
      url: "/v1/users",
      permission: { action: "read", kind: "account" },
      summary: "Accounts the caller may see, without anything secret.",
      handle: async ({ caller }) => ({ items: await identity.listAccounts(caller) }),
    }),
    route({
      method: "POST",
      url: "/v1/users",
      permission: { action: "create", kind: "account" },
      summary: "Makes an account without roles.",
      body: closed({
        login: shortText,
        name: shortText,
        organisation: idText,
        password: Type.String({ minLength: 1, maxLength: 1024 }),
      }),
      handle: async ({ caller, body, reply }) => {
        const made = await identity.createAccount(caller, body);
        return isRefusal(made) ? made : reply.code(201).send(made);
      },
    }),
    route({
      method: "PUT",
      url: "/v1/users/:id/roles",
      permission: { action: "assign-roles", kind: "account" },
      summary: "Sets the roles of an account; they must fit its organisation, and act at once.",
      params: idParams,
      body: closed({ roles: Type.Array(shortText, { maxItems: 16 }) }),
      handle: ({ caller, params, body }) => identity.assignRoles(caller, { account: params.id, roles: body.roles }),
    }),
    route({
      method: "POST",
      url: "/v1/users/:id/disable",
      permission: { action: "disable", kind: "account" },
      summary: "Disables an account and ends its sessions.",
      params: idParams,
      handle: ({ caller, params }) => identity.disableAccount(caller, { account: params.id }),
    }),
  ];
}
