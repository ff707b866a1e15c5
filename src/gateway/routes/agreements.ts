import Type from "typebox";
import { type Governance, tagOf } from "../../governance/index.ts";
import { isRefusal } from "../../kernel/index.ts";
import { entityTag, expectedTag } from "../if-match.ts";
import { type AnyRoute, route } from "../route.ts";
import { closed, dayText, idParams, idText, items, longText, shortText } from "../shapes.ts";
import { json } from "../success.ts";
import { agreementView, releaseMode } from "../views/agreement-view.ts";
import { columnControls } from "../views/resource-view.ts";

const scalar = Type.Union([Type.String({ maxLength: 1000 }), Type.Number(), Type.Boolean()]);
const rowFilter = closed({
  column: shortText,
  op: Type.Union((["=", "<>", "<", "<=", ">", ">=", "in", "is-null", "is-not-null"] as const).map((op) => Type.Literal(op))),
  value: Type.Optional(Type.Union([scalar, Type.Array(scalar, { maxItems: 1000 })])),
});

const controlledColumn = closed({ column: shortText, ...columnControls });

const draftBody = closed({
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
        columns: Type.Array(Type.Union([shortText, controlledColumn]), {
          minItems: 1,
          maxItems: 500,
          description: "Names, or names with what conditions may ask: as much as the catalogue allows, or less.",
        }),
        rowFilter: Type.Optional(Type.Array(rowFilter, { maxItems: 50 })),
      }),
      { minItems: 1, maxItems: 100 },
    ),
  }),
  releaseRules: Type.Optional(
    closed({
      mode: Type.Optional(releaseMode),
      minOwners: Type.Optional(Type.Integer()),
      dominanceShare: Type.Optional(Type.Number()),
      pPercent: Type.Optional(Type.Number()),
    }),
  ),
});

const draftRefusals = [
  "AGREEMENT_PARTY_INVALID",
  "AGREEMENT_TEXT_INVALID",
  "AGREEMENT_DAY_INVALID",
  "AGREEMENT_TERM_EMPTY",
  "AGREEMENT_TERM_TOO_LONG",
  "AGREEMENT_ALREADY_OVER",
  "AGREEMENT_RULES_TOO_LOOSE",
  "AGREEMENT_MODE_NOT_OFFERED",
  "AGREEMENT_RESOURCE_UNKNOWN",
  "AGREEMENT_RESOURCE_CORE",
  "AGREEMENT_TABLE_NAME",
  "AGREEMENT_COLUMN_UNKNOWN",
  "AGREEMENT_COLUMN_FREE_TEXT",
  "AGREEMENT_COLUMN_CONTROLS",
  "AGREEMENT_OWNER_KEY_MISSING",
  "AGREEMENT_ROW_FILTER",
] as const;

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
      sends: ["etag"],
      handle: async ({ caller, params, reply }) => {
        const found = await governance.findForActor(caller, params.id);
        if (!isRefusal(found)) reply.header("etag", entityTag(tagOf(found)));
        return found;
      },
    }),
    route({
      method: "POST",
      url: "/v1/agreements",
      permission: { action: "draft", kind: "agreement" },
      summary: "Drafts an agreement: scenario, parties, term (at most 3 years, Art. 17), scope, release rules.",
      body: draftBody,
      answers: { 201: json(agreementView) },
      refuses: draftRefusals,
      sends: ["location", "etag"],
      handle: async ({ caller, body, reply }) => {
        const made = await governance.draft(caller, body);
        if (!isRefusal(made)) reply.header("location", `/v1/agreements/${made.id}`).header("etag", entityTag(tagOf(made)));
        return made;
      },
    }),
    route({
      method: "PUT",
      url: "/v1/agreements/:id",
      permission: { action: "draft", kind: "agreement" },
      summary: "Its author writes a draft anew, whole, as its next version; `If-Match` names the draft that was read.",
      params: idParams,
      body: draftBody,
      ifMatch: "required",
      answers: { 200: json(agreementView) },
      sends: ["etag"],
      refuses: [
        ...draftRefusals,
        "AGREEMENT_NOT_FOUND",
        "AGREEMENT_NOT_AUTHOR",
        "AGREEMENT_CHANGED",
        "AGREEMENT_NOT_IN_THAT_STATE",
      ],
      handle: async ({ caller, params, body, request, reply }) => {
        const expected = expectedTag(request.headers["if-match"]) ?? "";
        const replaced = await governance.replaceDraft(caller, { agreement: params.id, expected, draft: body });
        if (!isRefusal(replaced)) reply.header("etag", entityTag(tagOf(replaced)));
        return replaced;
      },
    }),
    route({
      method: "POST",
      url: "/v1/agreements/:id/approve",
      permission: { action: "approve", kind: "agreement" },
      summary: "The agency approves a draft that another wrote; `If-Match` names the version that was read.",
      ifMatch: "optional",
      params: idParams,
      answers: { 200: json(agreementView) },
      refuses: [
        "AGREEMENT_NOT_FOUND",
        "AGREEMENT_OWN_DRAFT",
        "AGREEMENT_ALREADY_OVER",
        "AGREEMENT_NOT_IN_THAT_STATE",
        "AGREEMENT_CHANGED",
        "AGREEMENT_VERSION_UNNAMED",
      ],
      handle: ({ caller, params, request }) => governance.approve(caller, params.id, expectedTag(request.headers["if-match"])),
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
        "AGREEMENT_CHANGED",
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
      refuses: [
        "AGREEMENT_NOT_FOUND",
        "AGREEMENT_OWN_DRAFT",
        "AGREEMENT_TEXT_INVALID",
        "AGREEMENT_NOT_IN_THAT_STATE",
        "AGREEMENT_CHANGED",
      ],
      handle: ({ caller, params, body }) => governance.terminate(caller, { agreement: params.id, reason: body.reason }),
    }),
  ];
}
