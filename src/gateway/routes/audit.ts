import Type from "typebox";
import type { AuditLog } from "../../audit/index.ts";
import { isRefusal } from "../../kernel/index.ts";
import { type AnyRoute, route } from "../route.ts";
import { closed, idParams, items, longText, numberText, shortText } from "../shapes.ts";
import { json, text } from "../success.ts";
import { eventPage, originView, traceView } from "../views/audit-view.ts";

export function auditRoutes({
  log,
  packageKey,
}: {
  readonly log: AuditLog;
  readonly packageKey: () => Promise<string>;
}): readonly AnyRoute[] {
  return [
    route({
      method: "GET",
      url: "/v1/audit/events",
      permission: { action: "read", kind: "audit" },
      summary: "Events, newest first, by exact fields; the reading is itself recorded.",
      query: closed({
        actor: Type.Optional(shortText),
        object: Type.Optional(shortText),
        type: Type.Optional(shortText),
        from: Type.Optional(shortText),
        to: Type.Optional(shortText),
        cursor: Type.Optional(numberText),
        limit: Type.Optional(numberText),
      }),
      answers: { 200: json(eventPage) },
      refuses: ["AUDIT_TIME_MALFORMED"],
      handle: ({ caller, query }) => log.readEvents(caller, query),
    }),
    route({
      method: "GET",
      url: "/v1/audit/trace/:id",
      permission: { action: "trace", kind: "audit" },
      summary: "What led to an id and what came of it (监管溯源); the reading is itself recorded.",
      params: idParams,
      answers: { 200: json(traceView) },
      refuses: ["AUDIT_NOT_FOUND"],
      handle: ({ caller, params }) => log.readTrace(caller, params.id),
    }),
    route({
      method: "GET",
      url: "/v1/audit/leaves",
      permission: { action: "read", kind: "audit" },
      summary: "Leaves of the log as NDJSON, for verification off line.",
      query: closed({ after: Type.Optional(numberText), limit: Type.Optional(numberText) }),
      answers: { 200: text("application/x-ndjson") },
      handle: async ({ caller, query, reply }) => {
        const leaves = await log.readLeaves(caller, query);
        return isRefusal(leaves) ? leaves : reply.type("application/x-ndjson").send(leaves);
      },
    }),
    route({
      method: "GET",
      url: "/log/checkpoint",
      permission: "public",
      summary: "The newest signed checkpoint (C2SP signed note).",
      answers: { 200: text("text/plain") },
      refuses: ["AUDIT_LOG_NOT_SIGNING"],
      handle: async ({ reply }) => {
        const note = await log.readCheckpoint();
        return typeof note === "string" ? reply.type("text/plain; charset=utf-8").send(note) : note;
      },
    }),
    route({
      method: "GET",
      url: "/log/key",
      permission: "public",
      summary: "The log's and the packages' verifier keys (vkey), to be compared with what was published elsewhere.",
      answers: { 200: text("text/plain") },
      handle: async ({ reply }) =>
        reply.type("text/plain; charset=utf-8").send(`${await log.verifierKey()}\n${await packageKey()}\n`),
    }),
    route({
      method: "GET",
      url: "/v1/log/origins",
      permission: { action: "read", kind: "log-origin" },
      summary: "Origins that the log was given after a restore; the first is a setting.",
      answers: { 200: json(items(originView)) },
      handle: async () => ({ items: [...(await log.origins.list())] }),
    }),
    route({
      method: "POST",
      url: "/v1/log/origins",
      permission: { action: "propose", kind: "log-origin" },
      recent: true,
      summary: "Proposes a new origin for a restored store's log; only while it signs nothing.",
      body: closed({ reason: longText }),
      answers: { 201: json(originView) },
      refuses: ["AUDIT_ORIGIN_NOT_NEEDED", "AUDIT_ORIGIN_PROPOSED"],
      handle: ({ caller, body }) => log.origins.propose(caller, body),
    }),
    route({
      method: "POST",
      url: "/v1/log/origins/:id/approve",
      permission: { action: "approve", kind: "log-origin" },
      recent: true,
      summary: "Another administrator approves it; from then on the log signs under the new origin.",
      params: idParams,
      answers: { 200: json(originView) },
      refuses: ["AUDIT_ORIGIN_NOT_NEEDED", "AUDIT_ORIGIN_NOT_FOUND", "AUDIT_ORIGIN_OWN"],
      handle: ({ caller, params }) => log.origins.approve(caller, params.id),
    }),
  ];
}
