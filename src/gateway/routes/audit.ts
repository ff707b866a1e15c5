import Type from "typebox";
import type { AuditLog } from "../../audit/index.ts";
import { isRefusal } from "../../kernel/index.ts";
import { type AnyRoute, route } from "../route.ts";
import { closed, idParams, numberText, shortText } from "../shapes.ts";
import { json, text } from "../success.ts";
import { eventPage, traceView } from "../views/audit-view.ts";

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
      handle: async ({ reply }) => reply.type("text/plain; charset=utf-8").send(await log.checkpoint()),
    }),
    route({
      method: "GET",
      url: "/log/key",
      permission: "public",
      summary: "The log's and the packages' verifier keys (vkey), to be compared with what was published elsewhere.",
      answers: { 200: text("text/plain") },
      handle: async ({ reply }) => reply.type("text/plain; charset=utf-8").send(`${log.verifierKey}\n${await packageKey()}\n`),
    }),
  ];
}
