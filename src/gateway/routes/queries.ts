import Type from "typebox";
import { isRefusal } from "../../kernel/index.ts";
import type { Jobs } from "../../sandbox/index.ts";
import { type AnyRoute, route } from "../route.ts";
import { closed, idParams, idText, instant, items, numberText, shortText } from "../shapes.ts";
import { json } from "../success.ts";
import { sqlText } from "../views/statement-view.ts";

const visibility = Type.Enum(["author", "operator"]);
const savedQueryFields = {
  id: idText,
  agreement: idText,
  title: Type.String(),
  author: idText,
  visibility,
  newest: Type.Integer(),
  createdAt: instant,
};
const savedQuery = closed({ ...savedQueryFields });
const savedQueryText = closed({ ...savedQueryFields, version: Type.Integer(), sql: Type.String(), savedAt: instant });

/** Saved statements: each change is a version of its own, and a job may run one by reference. */
export function queryRoutes({ jobs: { queries } }: { readonly jobs: Pick<Jobs, "queries"> }): readonly AnyRoute[] {
  return [
    route({
      method: "POST",
      url: "/v1/agreements/:id/queries",
      permission: { action: "save", kind: "query" },
      summary: "Saves a statement under an agreement, as its first version; its text rests sealed.",
      params: idParams,
      body: closed({ title: shortText, sql: sqlText, visibility: Type.Optional(visibility) }),
      answers: { 201: json(savedQueryText) },
      refuses: ["JOB_AGREEMENT_NOT_IN_FORCE", "SAVED_QUERY_TITLE_INVALID", "JOB_SQL_TOO_LONG", "SAVED_QUERY_TOO_MANY"],
      handle: ({ caller, params, body }) => queries.save(caller, { agreement: params.id, ...body }),
    }),
    route({
      method: "GET",
      url: "/v1/agreements/:id/queries",
      permission: { action: "read", kind: "query" },
      summary: "Saved statements of the caller's operator under an agreement, without their texts.",
      params: idParams,
      answers: { 200: json(items(savedQuery)) },
      refuses: ["AGREEMENT_NOT_FOUND"],
      handle: async ({ caller, params }) => {
        const found = await queries.list(caller, params.id);
        return isRefusal(found) ? found : { items: found };
      },
    }),
    route({
      method: "GET",
      url: "/v1/queries/:id",
      permission: { action: "read", kind: "query" },
      summary: "A saved statement's text: the newest version, or the one that is asked for.",
      params: idParams,
      query: closed({ version: Type.Optional(numberText) }),
      answers: { 200: json(savedQueryText) },
      refuses: ["SAVED_QUERY_NOT_FOUND"],
      handle: ({ caller, params, query }) =>
        queries.find(caller, params.id, query.version === undefined ? undefined : Number(query.version)),
    }),
    route({
      method: "PUT",
      url: "/v1/queries/:id",
      permission: { action: "save", kind: "query" },
      summary: "Saves a new version; the ones before stay as they are. The author only.",
      params: idParams,
      body: closed({ sql: sqlText }),
      answers: { 200: json(savedQueryText) },
      refuses: ["SAVED_QUERY_NOT_FOUND", "JOB_AGREEMENT_NOT_IN_FORCE", "JOB_SQL_TOO_LONG", "SAVED_QUERY_CHANGED"],
      handle: ({ caller, params, body }) => queries.saveVersion(caller, { query: params.id, sql: body.sql }),
    }),
  ];
}
