import Type from "typebox";
import type { Governance } from "../../governance/index.ts";
import { type AnyRoute, route } from "../route.ts";
import { closed, dayText, idParams, idText, items, longText, shortText } from "../shapes.ts";
import { json } from "../success.ts";
import { agreementView } from "../views/agreement-view.ts";

const scalar = Type.Union([Type.String({ maxLength: 1000 }), Type.Number(), Type.Boolean()]);
const rowFilter = closed({
  column: shortText,
  op: Type.Union((["=", "<>", "<", "<=", ">", ">=", "in", "is-null", "is-not-null"] as const).map((op) => Type.Literal(op))),
  value: Type.Optional(Type.Union([scalar, Type.Array(scalar, { maxItems: 1000 })])),
});

export function agreementRoutes({ governance }: { readonly governance: Governance }): readonly AnyRoute[] {
  return [
    route({
      method: "GET",
      url: "/v1/agreements",
      permission: { action: "read", kind: "agreement" },
      summary: "Agreements of the caller's organisation.",
      answers: { 200: json(items(agreementView)) },
      handle: async ({ caller }) => ({ items: await governance.list(caller) }),
    }),
    route({
      method: "GET",
      url: "/v1/agreements/:id",
      permission: { action: "read", kind: "agreement" },
      summary: "One agreement with its scope, rules and the schema its statements see.",
      params: idParams,
      answers: { 200: json(agreementView) },
      refuses: ["AGREEMENT_NOT_FOUND"],
      handle: ({ caller, params }) => governance.findForActor(caller, params.id),
    }),
    route({
      method: "POST",
      url: "/v1/agreements",
      permission: { action: "draft", kind: "agreement" },
      summary: "Drafts an agreement: scenario, parties, term (at most 3 years, Art. 17), scope, release rules.",
      body: closed({
        scenario: shortText,
        purpose: longText,
        operator: idText,
        agency: idText,
        startsOn: dayText,
        endsOn: dayText,
        scope: closed({
          resources: Type.Array(
            closed({
              resource: idText,
              as: Type.Optional(shortText),
              columns: Type.Array(shortText, { minItems: 1, maxItems: 500 }),
              rowFilter: Type.Optional(Type.Array(rowFilter, { maxItems: 50 })),
            }),
            { minItems: 1, maxItems: 100 },
          ),
        }),
        releaseRules: Type.Optional(
          closed({
            mode: Type.Optional(Type.Literal("exact")),
            minOwners: Type.Optional(Type.Integer()),
            dominanceShare: Type.Optional(Type.Number()),
            pPercent: Type.Optional(Type.Number()),
          }),
        ),
      }),
      answers: { 201: json(agreementView) },
      refuses: [
        "AGREEMENT_PARTY_INVALID",
        "AGREEMENT_TEXT_INVALID",
        "AGREEMENT_DAY_INVALID",
        "AGREEMENT_TERM_EMPTY",
        "AGREEMENT_TERM_TOO_LONG",
        "AGREEMENT_ALREADY_OVER",
        "AGREEMENT_RULES_TOO_LOOSE",
        "AGREEMENT_RESOURCE_UNKNOWN",
        "AGREEMENT_RESOURCE_CORE",
        "AGREEMENT_TABLE_NAME",
        "AGREEMENT_COLUMN_UNKNOWN",
        "AGREEMENT_COLUMN_FREE_TEXT",
        "AGREEMENT_OWNER_KEY_MISSING",
        "AGREEMENT_ROW_FILTER",
      ],
      handle: ({ caller, body }) => governance.draft(caller, body),
    }),
    route({
      method: "POST",
      url: "/v1/agreements/:id/approve",
      permission: { action: "approve", kind: "agreement" },
      summary: "The agency approves a draft that another wrote.",
      params: idParams,
      answers: { 200: json(agreementView) },
      refuses: ["AGREEMENT_NOT_FOUND", "AGREEMENT_OWN_DRAFT", "AGREEMENT_ALREADY_OVER", "AGREEMENT_NOT_IN_THAT_STATE"],
      handle: ({ caller, params }) => governance.approve(caller, params.id),
    }),
    route({
      method: "POST",
      url: "/v1/agreements/:id/activate",
      permission: { action: "activate", kind: "agreement" },
      summary: "Puts an approved agreement in force; one per scenario (Art. 15).",
      params: idParams,
      answers: { 200: json(agreementView) },
      refuses: [
        "AGREEMENT_NOT_FOUND",
        "AGREEMENT_OWN_DRAFT",
        "AGREEMENT_ALREADY_OVER",
        "AGREEMENT_SCENARIO_TAKEN",
        "AGREEMENT_NOT_IN_THAT_STATE",
      ],
      handle: ({ caller, params }) => governance.activate(caller, params.id),
    }),
    route({
      method: "POST",
      url: "/v1/agreements/:id/terminate",
      permission: { action: "terminate", kind: "agreement" },
      recent: true,
      summary: "Ends an agreement with a reason; all use stops at once (Arts. 35, 36).",
      params: idParams,
      body: closed({ reason: longText }),
      answers: { 200: json(agreementView) },
      refuses: ["AGREEMENT_NOT_FOUND", "AGREEMENT_OWN_DRAFT", "AGREEMENT_TEXT_INVALID", "AGREEMENT_NOT_IN_THAT_STATE"],
      handle: ({ caller, params, body }) => governance.terminate(caller, { agreement: params.id, reason: body.reason }),
    }),
  ];
}
