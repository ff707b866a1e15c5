import Type from "typebox";
import type { ExportGate } from "../../export-gate/index.ts";
import { isRefusal } from "../../kernel/index.ts";
import { type AnyRoute, route } from "../route.ts";
import { closed, idParams, idText, longText, numberText, shortText } from "../shapes.ts";

export function exportRoutes({ gate }: { readonly gate: ExportGate }): readonly AnyRoute[] {
  return [
    route({
      method: "POST",
      url: "/v1/exports",
      permission: { action: "request", kind: "export" },
      summary: "Asks that a checked result may leave; it is run again and checked by machine before anybody votes.",
      body: closed({ result: idText, purpose: longText, productName: shortText }),
      handle: async ({ caller, body, reply }) => {
        const made = await gate.request(caller, body);
        return isRefusal(made) ? made : reply.code(201).header("location", `/v1/exports/${made.id}`).send(made);
      },
    }),
    route({
      method: "GET",
      url: "/v1/exports",
      permission: { action: "read", kind: "export" },
      summary: "Exports the caller may read, newest first: the reviewer's desk and the operator's overview.",
      query: closed({
        state: Type.Optional(
          Type.Union(
            (["in-review", "blocked", "rejected", "approved", "released", "revoked"] as const).map((state) =>
              Type.Literal(state),
            ),
          ),
        ),
        agreement: Type.Optional(idText),
        cursor: Type.Optional(idText),
        limit: Type.Optional(numberText),
      }),
      handle: ({ caller, query: { limit, ...filter } }) =>
        gate.list(caller, { ...filter, limit: limit === undefined ? undefined : Number(limit) }),
    }),
    route({
      method: "GET",
      url: "/v1/exports/:id",
      permission: { action: "read", kind: "export" },
      summary: "State of an export; votes appear when all are in.",
      params: idParams,
      handle: ({ caller, params }) => gate.find(caller, params.id),
    }),
    route({
      method: "GET",
      url: "/v1/exports/:id/evidence",
      permission: { action: "evidence", kind: "export" },
      summary: "What the reviewer decides on: the table, each check with its evidence. The reading is recorded.",
      params: idParams,
      handle: ({ caller, params }) => gate.evidence(caller, params.id),
    }),
    route({
      method: "POST",
      url: "/v1/exports/:id/reviews",
      permission: { action: "review", kind: "export" },
      summary: "A reviewer's vote, bound to the content as it is now.",
      params: idParams,
      body: closed({ decision: Type.Union([Type.Literal("approve"), Type.Literal("reject")]), reason: longText }),
      handle: async ({ caller, params, body, reply }) => {
        const voted = await gate.vote(caller, { export: params.id, ...body });
        return isRefusal(voted) ? voted : reply.code(201).send(voted);
      },
    }),
    route({
      method: "POST",
      url: "/v1/exports/:id/release",
      permission: { action: "release", kind: "export" },
      summary: "The agency releases an approved export; the package is made.",
      params: idParams,
      handle: ({ caller, params }) => gate.release(caller, params.id),
    }),
    route({
      method: "POST",
      url: "/v1/exports/:id/revoke",
      permission: { action: "revoke", kind: "export" },
      summary: "Withdraws an export; open grants are void at once.",
      params: idParams,
      body: closed({ reason: longText }),
      handle: ({ caller, params, body }) => gate.revoke(caller, { export: params.id, reason: body.reason }),
    }),
    route({
      method: "POST",
      url: "/v1/exports/:id/downloads",
      permission: { action: "download", kind: "export" },
      summary: "A grant for one download by this account, within minutes; the token stands in the body only.",
      params: idParams,
      handle: async ({ caller, params, reply }) => {
        const grant = await gate.createGrant(caller, params.id);
        return isRefusal(grant) ? grant : reply.code(201).send(grant);
      },
    }),
    route({
      method: "POST",
      url: "/v1/downloads",
      permission: { action: "download", kind: "export" },
      summary: "The package, once, for the token of a grant.",
      body: closed({ token: shortText }),
      handle: async ({ caller, body, reply }) => {
        const fetched = await gate.redeem(caller, body.token);
        if (isRefusal(fetched)) return fetched;
        return reply
          .type("application/zip")
          .header("content-disposition", `attachment; filename="${fetched.fileName}"`)
          .send(fetched.bytes);
      },
    }),
  ];
}
