import Type from "typebox";
import type { Governance } from "../../governance/index.ts";
import { isRefusal } from "../../kernel/index.ts";
import { type AnyRoute, route } from "../route.ts";
import { closed, dayText, idParams, idText, longText, shortText } from "../shapes.ts";

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
      handle: async ({ caller }) => ({ items: await governance.list(caller) }),
    }),
    route({
      method: "GET",
      url: "/v1/agreements/:id",
      permission: { action: "read", kind: "agreement" },
      summary: "One agreement with its scope, rules and the schema its statements see.",
      params: idParams,
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
      handle: async ({ caller, body, reply }) => {
        const made = await governance.draft(caller, body);
        return isRefusal(made) ? made : reply.code(201).send(made);
      },
    }),
    route({
      method: "POST",
      url: "/v1/agreements/:id/approve",
      permission: { action: "approve", kind: "agreement" },
      summary: "The agency approves a draft that another wrote.",
      params: idParams,
      handle: ({ caller, params }) => governance.approve(caller, params.id),
    }),
    route({
      method: "POST",
      url: "/v1/agreements/:id/activate",
      permission: { action: "activate", kind: "agreement" },
      summary: "Puts an approved agreement in force; one per scenario (Art. 15).",
      params: idParams,
      handle: ({ caller, params }) => governance.activate(caller, params.id),
    }),
    route({
      method: "POST",
      url: "/v1/agreements/:id/terminate",
      permission: { action: "terminate", kind: "agreement" },
      summary: "Ends an agreement with a reason; all use stops at once (Arts. 35, 36).",
      params: idParams,
      body: closed({ reason: longText }),
      handle: ({ caller, params, body }) => governance.terminate(caller, { agreement: params.id, reason: body.reason }),
    }),
  ];
}
