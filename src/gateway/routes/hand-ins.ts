import type { FastifyRequest } from "fastify";
import Type, { type Static } from "typebox";
import { type Catalog, type HandIn, handInTypes } from "../../catalog/index.ts";
import { isRefusal } from "../../kernel/index.ts";
import { entityTag, expectedTag } from "../if-match.ts";
import { type AnyRoute, route } from "../route.ts";
import { closed, idParams } from "../shapes.ts";
import { json } from "../success.ts";
import { loadedVersion, proposalView, validationView } from "../views/resource-view.ts";
import { fileRefusals, formatRefusals, readingRefusals, targetRefusals, valueRefusals } from "./hand-in-refusals.ts";

const modeQuery = closed({ mode: Type.Optional(Type.Enum(["replace", "append"])) });

function handInOf(query: Static<typeof modeQuery>, { headers }: FastifyRequest): HandIn {
  return {
    contentType: headers["content-type"] ?? "",
    mode: query.mode ?? "replace",
    expected: expectedTag(headers["if-match"]),
  };
}

const bodyOf = (request: FastifyRequest) => request.body as AsyncIterable<Uint8Array>;

/** Files from source units: looked at, checked, and taken in as versions. */
export function handInRoutes({ catalog }: { readonly catalog: Catalog }): readonly AnyRoute[] {
  return [
    route({
      method: "POST",
      url: "/v1/resources/proposals",
      permission: { action: "create", kind: "resource" },
      newWork: true,
      summary:
        "Proposes columns with types and roles, and why, from the beginning of a file. Nothing is declared or kept, and no value comes back.",
      stream: handInTypes,
      answers: { 200: json(proposalView) },
      refuses: ["CATALOG_SOURCE_UNIT_REQUIRED", ...formatRefusals, ...readingRefusals, ...fileRefusals],
      handle: ({ caller, request }) =>
        catalog.propose(caller, bodyOf(request), { contentType: request.headers["content-type"] ?? "" }),
    }),
    route({
      method: "POST",
      url: "/v1/resources/:id/validate",
      permission: { action: "load", kind: "resource" },
      newWork: true,
      summary: "Tells the first 100 problems of a file, or the profile it would have, and keeps nothing.",
      params: idParams,
      query: modeQuery,
      stream: handInTypes,
      ifMatch: "optional",
      answers: { 200: json(validationView) },
      refuses: [...targetRefusals, ...formatRefusals, ...readingRefusals],
      handle: ({ caller, params, query, request }) =>
        catalog.validate(caller, params.id, bodyOf(request), handInOf(query, request)),
    }),
    route({
      method: "PUT",
      url: "/v1/resources/:id/data",
      permission: { action: "load", kind: "resource" },
      newWork: "vault",
      summary:
        "Hands in a file (CSV with a header row, or Parquet) as a new version: the whole table (mode=replace), or rows behind those of the version that If-Match names (mode=append). A bad file is refused whole, with place and reason.",
      params: idParams,
      query: modeQuery,
      stream: handInTypes,
      ifMatch: "optional",
      answers: { 201: json(loadedVersion) },
      sends: ["etag"],
      refuses: [
        ...targetRefusals,
        "CATALOG_LOAD_CONFLICT",
        ...formatRefusals,
        ...readingRefusals,
        ...fileRefusals,
        ...valueRefusals,
      ],
      handle: async ({ caller, params, query, request, reply }) => {
        const loaded = await catalog.load(caller, params.id, bodyOf(request), handInOf(query, request));
        if (!isRefusal(loaded)) reply.header("etag", entityTag(loaded.id));
        return loaded;
      },
    }),
  ];
}
