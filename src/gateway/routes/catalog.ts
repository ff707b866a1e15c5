import Type from "typebox";
import type { Catalog } from "../../catalog/index.ts";
import { type AnyRoute, route } from "../route.ts";
import { closed, idParams, idText, items, shortText } from "../shapes.ts";
import { json } from "../success.ts";
import { columnControls, columnRole, familyView, resourceView, resourceWithVersions } from "../views/resource-view.ts";
import { handInRoutes } from "./hand-ins.ts";
import { uploadRoutes } from "./uploads.ts";

const column = closed({
  name: shortText,
  type: shortText,
  role: columnRole,
  title: Type.Optional(shortText),
  grade: Type.Optional(shortText),
  ...columnControls,
  nullable: Type.Optional(Type.Boolean()),
});

export function catalogRoutes({ catalog }: { readonly catalog: Catalog }): readonly AnyRoute[] {
  return [
    route({
      method: "GET",
      url: "/v1/families",
      permission: { action: "read", kind: "family" },
      summary: "Resource families: tables about the same subjects, protected together.",
      answers: { 200: json(items(familyView)) },
      handle: async () => ({ items: await catalog.listFamilies() }),
    }),
    route({
      method: "POST",
      url: "/v1/families",
      permission: { action: "create", kind: "family" },
      summary: "Makes a resource family.",
      body: closed({ title: shortText }),
      answers: { 201: json(familyView) },
      refuses: ["CATALOG_TEXT_INVALID", "CATALOG_FAMILY_EXISTS"],
      handle: ({ caller, body }) => catalog.createFamily(caller, body),
    }),
    route({
      method: "GET",
      url: "/v1/resources",
      permission: { action: "read", kind: "resource" },
      summary: "Declared resources with their columns; never data.",
      answers: { 200: json(items(resourceView)) },
      handle: async ({ caller }) => ({ items: await catalog.listResources(caller) }),
    }),
    route({
      method: "GET",
      url: "/v1/resources/:id",
      permission: { action: "read", kind: "resource" },
      summary: "One resource with its versions; profiles are for its source unit.",
      params: idParams,
      answers: { 200: json(resourceWithVersions) },
      refuses: ["CATALOG_RESOURCE_NOT_FOUND"],
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
        keys: Type.Optional(
          Type.Array(Type.Array(shortText, { minItems: 1, maxItems: 8 }), {
            maxItems: 8,
            description: "Public tables: sets of columns never equal in two rows. Every file is held to them.",
          }),
        ),
      }),
      answers: { 201: json(resourceView) },
      refuses: [
        "CATALOG_FAMILY_NOT_FOUND",
        "CATALOG_SOURCE_UNIT_REQUIRED",
        "CATALOG_RESOURCE_EXISTS",
        "CATALOG_TEXT_INVALID",
        "CATALOG_NAME_INVALID",
        "CATALOG_NAME_RESERVED",
        "CATALOG_GRADE_UNKNOWN",
        "CATALOG_GRADE_TOO_LOW",
        "CATALOG_COLUMN_COUNT",
        "CATALOG_COLUMN_DUPLICATE",
        "CATALOG_COLUMN_TYPE_UNKNOWN",
        "CATALOG_COLUMN_ROLE_UNKNOWN",
        "CATALOG_COLUMN_ROLE_MISMATCH",
        "CATALOG_COLUMN_GRID_INVALID",
        "CATALOG_COLUMN_CONTROLS_INVALID",
        "CATALOG_SUBJECT_MISSING",
        "CATALOG_SUBJECT_ON_PUBLIC",
        "CATALOG_SUBJECT_COLUMN_INVALID",
        "CATALOG_SUBJECT_DUPLICATE",
        "CATALOG_KEY_INVALID",
      ],
      handle: ({ caller, body }) => catalog.declareResource(caller, body),
    }),
    ...handInRoutes({ catalog }),
    ...uploadRoutes({ catalog }),
  ];
}
