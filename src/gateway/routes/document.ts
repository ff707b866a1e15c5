import Type from "typebox";
import { openApiDocument } from "../openapi-document.ts";
import { type AnyRoute, route } from "../route.ts";
import { json } from "../success.ts";

/** The document of all other routes and of itself. */
export function documentRoutes(others: readonly AnyRoute[]): readonly AnyRoute[] {
  let document: unknown;
  const own: AnyRoute = route({
    method: "GET",
    url: "/openapi.json",
    permission: "public",
    packs: true,
    summary: "This document: every route, its shapes and its refusals (OpenAPI 3.1).",
    answers: { 200: json(Type.Object({ openapi: Type.String() })) },
    handle: async ({ reply }) => {
      document ??= openApiDocument([...others, own]);
      return reply.send(document);
    },
  });
  return [own];
}
