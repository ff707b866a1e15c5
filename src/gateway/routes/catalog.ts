import Type from "typebox";
import { type Catalog, handInTypes } from "../../catalog/index.ts";
import { isRefusal } from "../../kernel/index.ts";
import { type AnyRoute, route } from "../route.ts";
import { closed, idParams, idText, shortText } from "../shapes.ts";

const column = closed({
  name: shortText,
  type: shortText,
  role: Type.Union(
    (["identifier", "quasi-identifier", "measure", "attribute", "free-text"] as const).map((role) => Type.Literal(role)),
  ),
  title: Type.Optional(shortText),
  grade: Type.Optional(shortText),
  grid: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
  nullable: Type.Optional(Type.Boolean()),
});

/** `If-Match: "rev_…"` (RFC 9110 §13.1.1); whatever is no such tag matches no version. */
function expectedVersion(header: string | undefined): string | undefined {
  return header === undefined ? undefined : (/^"([^"]*)"$/.exec(header.trim())?.[1] ?? "");
}

export function catalogRoutes({ catalog }: { readonly catalog: Catalog }): readonly AnyRoute[] {
  return [
    route({
      method: "GET",
      url: "/v1/families",
      permission: { action: "read", kind: "family" },
      summary: "Resource families: tables about the same subjects, protected together.",
      handle: async () => ({ items: await catalog.listFamilies() }),
    }),
    route({
      method: "POST",
      url: "/v1/families",
      permission: { action: "create", kind: "family" },
      summary: "Makes a resource family.",
      body: closed({ title: shortText }),
      handle: async ({ caller, body, reply }) => {
        const made = await catalog.createFamily(caller, body);
        return isRefusal(made) ? made : reply.code(201).send(made);
      },
    }),
    route({
      method: "GET",
      url: "/v1/resources",
      permission: { action: "read", kind: "resource" },
      summary: "Declared resources with their columns; never data.",
      handle: async ({ caller }) => ({ items: await catalog.listResources(caller) }),
    }),
    route({
      method: "GET",
      url: "/v1/resources/:id",
      permission: { action: "read", kind: "resource" },
      summary: "One resource with its versions; profiles are for its source unit.",
      params: idParams,
      handle: ({ caller, params }) => catalog.findResource(caller, params.id),
    }),
    route({
      method: "POST",
      url: "/v1/resources",
      permission: { action: "create", kind: "resource" },
      summary: "Declares a resource of the caller's source unit: columns with type, role and grade, and whose rows they are.",
      body: closed({
        family: idText,
        name: shortText,
        title: shortText,
        grade: shortText,
        columns: Type.Array(column, { minItems: 1, maxItems: 500 }),
        subjects: Type.Array(closed({ kind: shortText, column: shortText, unique: Type.Boolean() }), { maxItems: 8 }),
      }),
      handle: async ({ caller, body, reply }) => {
        const made = await catalog.declareResource(caller, body);
        return isRefusal(made) ? made : reply.code(201).send(made);
      },
    }),
    route({
      method: "PUT",
      url: "/v1/resources/:id/data",
      permission: { action: "load", kind: "resource" },
      summary:
        "Hands in a file (CSV with a header row) as a new version: the whole table (mode=replace), or rows behind those of the version that If-Match names (mode=append). A bad file is refused whole, with line, column and reason.",
      params: idParams,
      query: closed({ mode: Type.Optional(Type.Union([Type.Literal("replace"), Type.Literal("append")])) }),
      stream: handInTypes,
      handle: async ({ caller, params, query, request, reply }) => {
        const loaded = await catalog.load(caller, params.id, request.body as AsyncIterable<Uint8Array>, {
          contentType: request.headers["content-type"] ?? "",
          mode: query.mode ?? "replace",
          expected: expectedVersion(request.headers["if-match"]),
        });
        return isRefusal(loaded) ? loaded : reply.code(201).header("etag", `"${loaded.id}"`).send(loaded);
      },
    }),
  ];
}
