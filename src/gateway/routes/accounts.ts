import Type from "typebox";
import type { Identity } from "../../identity/index.ts";
import { type AnyRoute, route } from "../route.ts";
import { closed, idParams, idText, items, shortText } from "../shapes.ts";
import { json } from "../success.ts";
import { accountView, organisationView } from "../views/account-view.ts";

const organisationKind = Type.Enum(["source-unit", "agency", "operator", "authority", "regulator"]);
/** Organisations and accounts. Making an account and giving it roles are two people's work (三员分立). */
export function accountRoutes({ identity }: { readonly identity: Identity }): readonly AnyRoute[] {
  return [
    route({
      method: "GET",
      url: "/v1/organisations",
      permission: { action: "read", kind: "organisation" },
      summary: "All organisations.",
      answers: { 200: json(items(organisationView)) },
      handle: async () => ({ items: await identity.listOrganisations() }),
    }),
    route({
      method: "POST",
      url: "/v1/organisations",
      permission: { action: "create", kind: "organisation" },
      summary: "Registers an organisation; an operator needs a valid unified social credit code (Art. 3).",
      body: closed({ kind: organisationKind, name: shortText, uscc: Type.Optional(shortText) }),
      answers: { 201: json(organisationView) },
      refuses: ["IDENTITY_NAME_TAKEN", "IDENTITY_USCC_INVALID"],
      handle: ({ caller, body }) => identity.createOrganisation(caller, body),
    }),
    route({
      method: "GET",
      url: "/v1/users",
      permission: { action: "read", kind: "account" },
      summary: "Accounts the caller may see, without anything secret.",
      answers: { 200: json(items(accountView)) },
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
      answers: { 201: json(accountView) },
      refuses: [
        "IDENTITY_ORGANISATION_UNKNOWN",
        "IDENTITY_NAME_TAKEN",
        "IDENTITY_PASSWORD_WEAK",
        "IDENTITY_PASSWORD_LISTED",
        "IDENTITY_LOGIN_MALFORMED",
      ],
      handle: ({ caller, body }) => identity.createAccount(caller, body),
    }),
    route({
      method: "PUT",
      url: "/v1/users/:id/roles",
      permission: { action: "assign-roles", kind: "account" },
      recent: true,
      summary: "Sets the roles of an account; they must fit its organisation, and act at once.",
      params: idParams,
      body: closed({ roles: Type.Array(shortText, { maxItems: 16 }) }),
      answers: { 200: json(accountView) },
      refuses: [
        "IDENTITY_ACCOUNT_UNKNOWN",
        "IDENTITY_ROLE_UNKNOWN",
        "IDENTITY_ROLE_MISFIT",
        "IDENTITY_ROLES_APART",
        "IDENTITY_ACCOUNT_NOT_LOCAL",
      ],
      handle: ({ caller, params, body }) => identity.assignRoles(caller, { account: params.id, roles: body.roles }),
    }),
    route({
      method: "POST",
      url: "/v1/users/:id/disable",
      permission: { action: "disable", kind: "account" },
      recent: true,
      summary: "Disables an account and ends its sessions.",
      params: idParams,
      answers: { 200: json(accountView) },
      refuses: ["IDENTITY_ACCOUNT_UNKNOWN"],
      handle: ({ caller, params }) => identity.disableAccount(caller, { account: params.id }),
    }),
  ];
}
