import Type from "typebox";
import type { Identity } from "../../identity/index.ts";
import { type AnyRoute, route } from "../route.ts";
import { closed, idParams, shortText } from "../shapes.ts";
import { json, nothing } from "../success.ts";
import { enrolled, enrolmentStarted, factorKind, factorView, recoveryCodes } from "../views/factor-view.ts";
import { code, newCredential } from "../webauthn-shapes.ts";
import { password } from "./auth.ts";

/** People's own passwords and second factors. */
export function factorRoutes({ identity }: { readonly identity: Identity }): readonly AnyRoute[] {
  return [
    route({
      method: "POST",
      url: "/v1/me/password",
      rate: "secret",
      permission: "signed-in",
      whileLimited: ["password-change", "enrolment"],
      summary: "Changes the caller's password; needs the old one, and ends the other sessions.",
      body: closed({ password, newPassword: password }),
      answers: { 204: nothing },
      refuses: ["IDENTITY_PASSWORD_WRONG", "IDENTITY_PASSWORD_WEAK", "IDENTITY_PASSWORD_LISTED"],
      handle: async ({ caller, body, reply }) => (await identity.changePassword(caller, body)) ?? reply.code(204).send(),
    }),
    route({
      method: "GET",
      url: "/v1/me/factors",
      permission: "signed-in",
      whileLimited: ["enrolment"],
      summary: "The caller's second factors, and how many recovery codes are left.",
      answers: { 200: json(closed({ items: Type.Array(factorView), recoveryCodesLeft: Type.Integer() })) },
      handle: ({ caller }) => identity.listFactors(caller),
    }),
    route({
      method: "POST",
      url: "/v1/me/factors",
      rate: "secret",
      permission: "signed-in",
      whileLimited: ["enrolment"],
      recent: true,
      summary: "Begins an enrolment: a secret for an authenticator app, or what a security key has to sign.",
      body: closed({ kind: factorKind, label: shortText }),
      answers: { 201: json(enrolmentStarted) },
      secret: true,
      refuses: ["IDENTITY_FACTOR_LIMIT"],
      handle: ({ caller, body }) => identity.beginFactor(caller, body),
    }),
    route({
      method: "POST",
      url: "/v1/me/factors/:id/confirm",
      rate: "secret",
      permission: "signed-in",
      whileLimited: ["enrolment"],
      summary:
        "Completes an enrolment and, in a login that waited for it, the login. The first factor brings recovery codes, once.",
      params: idParams,
      body: Type.Union([closed({ totp: code }), closed({ webauthn: newCredential })]),
      answers: { 200: json(enrolled) },
      secret: true,
      refuses: ["IDENTITY_FACTOR_UNKNOWN", "IDENTITY_ENROLMENT_REFUSED"],
      handle: ({ caller, params, body }) => identity.confirmFactor(caller, { factor: params.id, proof: body }),
    }),
    route({
      method: "DELETE",
      url: "/v1/me/factors/:id",
      permission: "signed-in",
      recent: true,
      summary: "Removes a factor and ends the other sessions; the last one stays while a role needs it.",
      params: idParams,
      answers: { 204: nothing },
      refuses: ["IDENTITY_FACTOR_UNKNOWN", "IDENTITY_FACTOR_LAST"],
      handle: async ({ caller, params, reply }) => (await identity.removeFactor(caller, params.id)) ?? reply.code(204).send(),
    }),
    route({
      method: "POST",
      url: "/v1/me/recovery-codes",
      rate: "secret",
      permission: "signed-in",
      recent: true,
      summary: "Ten new recovery codes in the place of all earlier ones.",
      answers: { 201: json(closed({ recoveryCodes })) },
      secret: true,
      refuses: ["IDENTITY_FACTOR_UNKNOWN"],
      handle: ({ caller }) => identity.renewRecoveryCodes(caller),
    }),
    route({
      method: "DELETE",
      url: "/v1/users/:id/factors",
      permission: { action: "reset-factors", kind: "account" },
      recent: true,
      summary: "For who lost all: removes another's factors and ends the sessions; the next login enrols anew.",
      params: idParams,
      answers: { 204: nothing },
      refuses: ["IDENTITY_ACCOUNT_UNKNOWN"],
      handle: async ({ caller, params, reply }) => (await identity.resetFactors(caller, params.id)) ?? reply.code(204).send(),
    }),
  ];
}
