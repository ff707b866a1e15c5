import Type from "typebox";
import type { ExportGate } from "../../export-gate/index.ts";
import { isRefusal } from "../../kernel/index.ts";
import { type AnyRoute, route } from "../route.ts";
import { closed, idParams, idText, longText, numberText, shortText } from "../shapes.ts";
import { bytes, json } from "../success.ts";
import { exportPage, exportState, exportView, grantView, reviewView } from "../views/export-view.ts";

export function exportRoutes({ gate }: { readonly gate: ExportGate }): readonly AnyRoute[] {
  return [
    route({
      method: "POST",
      url: "/v1/exports",
      permission: { action: "request", kind: "export" },
      newWork: true,
      summary: "Asks that a checked result may leave; it is run again and checked by machine before anybody votes.",
      body: closed({ result: idText, purpose: longText, productName: shortText }),
      answers: { 201: json(exportView) },
      sends: ["location"],
      refuses: [
        "RESULT_NOT_FOUND",
        "EXPORT_AGREEMENT_NOT_IN_FORCE",
        "RESULT_EXPIRED",
        "EXPORT_TEXT_INVALID",
        "EXPORT_RERUN_FAILED",
      ],
      handle: async ({ caller, body, reply }) => {
        const made = await gate.request(caller, body);
        if (!isRefusal(made)) reply.header("location", `/v1/exports/${made.id}`);
        return made;
      },
    }),
    route({
      method: "GET",
      url: "/v1/exports",
      permission: { action: "read", kind: "export" },
      summary: "Exports the caller may read, newest first: the reviewer's desk and the operator's overview.",
      query: closed({
        state: Type.Optional(exportState),
        agreement: Type.Optional(idText),
        cursor: Type.Optional(idText),
        limit: Type.Optional(numberText),
      }),
      answers: { 200: json(exportPage) },
      handle: ({ caller, query: { limit, ...filter } }) =>
        gate.list(caller, { ...filter, limit: limit === undefined ? undefined : Number(limit) }),
    }),
    route({
      method: "GET",
      url: "/v1/exports/:id",
      permission: { action: "read", kind: "export" },
      summary: "State of an export; votes appear when all are in.",
      params: idParams,
      answers: { 200: json(exportView) },
      refuses: ["EXPORT_NOT_FOUND"],
      handle: ({ caller, params }) => gate.find(caller, params.id),
    }),
    route({
      method: "GET",
      url: "/v1/exports/:id/evidence",
      permission: { action: "evidence", kind: "export" },
      summary: "What the reviewer decides on: the table, each check with its evidence. The reading is recorded.",
      params: idParams,
      answers: { 200: json(reviewView) },
      refuses: ["EXPORT_NOT_FOUND", "EXPORT_REVIEWER_EXCLUDED", "EXPORT_AGREEMENT_NOT_IN_FORCE", "RESULT_EXPIRED"],
      handle: ({ caller, params }) => gate.evidence(caller, params.id),
    }),
    route({
      method: "POST",
      url: "/v1/exports/:id/reviews",
      permission: { action: "review", kind: "export" },
      recent: true,
      summary: "A reviewer's vote, bound to the content as it is now.",
      params: idParams,
      body: closed({ decision: Type.Union([Type.Literal("approve"), Type.Literal("reject")]), reason: Type.Optional(longText) }),
      answers: { 201: json(exportView) },
      refuses: [
        "EXPORT_NOT_FOUND",
        "EXPORT_REVIEWER_EXCLUDED",
        "EXPORT_AGREEMENT_NOT_IN_FORCE",
        "EXPORT_TEXT_INVALID",
        "EXPORT_REASON_MISSING",
        "EXPORT_NOT_IN_THAT_STATE",
        "EXPORT_ALREADY_VOTED",
      ],
      handle: ({ caller, params, body: { decision, reason = "" } }) => gate.vote(caller, { export: params.id, decision, reason }),
    }),
    route({
      method: "POST",
      url: "/v1/exports/:id/release",
      permission: { action: "release", kind: "export" },
      recent: true,
      newWork: true,
      summary: "The agency releases an approved export; the package is made.",
      params: idParams,
      answers: { 200: json(exportView) },
      refuses: ["EXPORT_NOT_FOUND", "EXPORT_REVIEWER_EXCLUDED", "EXPORT_AGREEMENT_NOT_IN_FORCE", "EXPORT_NOT_IN_THAT_STATE"],
      handle: ({ caller, params }) => gate.release(caller, params.id),
    }),
    route({
      method: "POST",
      url: "/v1/exports/:id/revoke",
      permission: { action: "revoke", kind: "export" },
      summary: "Withdraws an export; open grants are void at once.",
      params: idParams,
      body: closed({ reason: longText }),
      answers: { 200: json(exportView) },
      refuses: ["EXPORT_NOT_FOUND", "EXPORT_REVIEWER_EXCLUDED", "EXPORT_TEXT_INVALID", "EXPORT_NOT_IN_THAT_STATE"],
      handle: ({ caller, params, body }) => gate.revoke(caller, { export: params.id, reason: body.reason }),
    }),
    route({
      method: "POST",
      url: "/v1/exports/:id/downloads",
      permission: { action: "download", kind: "export" },
      summary: "A grant for one download by this account, within minutes; the token stands in the body only.",
      params: idParams,
      answers: { 201: json(grantView) },
      secret: true,
      refuses: ["EXPORT_NOT_FOUND", "EXPORT_REVIEWER_EXCLUDED", "EXPORT_AGREEMENT_NOT_IN_FORCE", "EXPORT_NOT_IN_THAT_STATE"],
      handle: ({ caller, params }) => gate.createGrant(caller, params.id),
    }),
    route({
      method: "POST",
      url: "/v1/downloads",
      rate: "secret",
      permission: { action: "download", kind: "export" },
      summary: "The package, once, for the token of a grant.",
      body: closed({ token: shortText }),
      answers: { 200: bytes("application/zip") },
      secret: true,
      sends: ["content-disposition"],
      refuses: ["EXPORT_GRANT_INVALID"],
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
