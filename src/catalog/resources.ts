import type { Selectable } from "kysely";
import { expectOne } from "../audit/index.ts";
import { type AuthenticatedActor, toActor } from "../identity/index.ts";
import { isId, type JsonValue, type Refusal, refuse } from "../kernel/index.ts";
import type { Tables } from "../store/index.ts";
import type { CatalogContext } from "./context.ts";
import { type ColumnDeclaration, checkDeclaration, type Declaration, type SubjectDeclaration } from "./declaration.ts";
import { parsePlainText } from "./plain-text.ts";
import type { CatalogRefusalCode } from "./refusals.ts";

/** A resource as everybody with the right to read the catalogue sees it: declarations, never data. */
export interface ResourceView {
  readonly id: string;
  readonly family: string;
  readonly sourceUnit: string;
  readonly name: string;
  readonly title: string;
  readonly grade: string;
  readonly columns: readonly ColumnDeclaration[];
  readonly subjects: readonly SubjectDeclaration[];
  readonly keys: readonly (readonly string[])[];
}

export interface VersionView {
  readonly id: string;
  readonly number: number;
  readonly loadedAt: string;
  /** The version whose rows come before the file's own. */
  readonly appendedTo?: string | undefined;
  /** For the source unit only: rows, hash and statistics of its own file. */
  readonly own?: { readonly rows: number; readonly contentHash: string; readonly profile: JsonValue } | undefined;
}

export interface Resources {
  listResources(caller: AuthenticatedActor): Promise<readonly ResourceView[]>;
  findResource(
    caller: AuthenticatedActor,
    id: string,
  ): Promise<(ResourceView & { readonly versions: readonly VersionView[] }) | Refusal<CatalogRefusalCode>>;
  declareResource(
    caller: AuthenticatedActor,
    request: Declaration & { readonly family: string; readonly title: string },
  ): Promise<ResourceView | Refusal<CatalogRefusalCode>>;
  /** A declared resource by id, for agreements. */
  resource(id: string): Promise<ResourceView | undefined>;
}

export function toResourceView(row: Selectable<Tables["resource"]>): ResourceView {
  return {
    id: row.id,
    family: row.family_id,
    sourceUnit: row.source_unit_id,
    name: row.name,
    title: row.title,
    grade: row.grade,
    columns: row.columns as unknown as readonly ColumnDeclaration[],
    subjects: row.subjects as unknown as readonly SubjectDeclaration[],
    keys: row.keys as unknown as readonly (readonly string[])[],
  };
}

export function createResources({ store, work, ids, clock, limits }: CatalogContext): Resources {
  const { db } = store;
  const resource = async (id: string): Promise<ResourceView | undefined> => {
    // Text that is no id never reaches the store, which refuses some texts with an error.
    if (!isId("resource", id)) return undefined;
    const row = await db.selectFrom("resource").selectAll().where("id", "=", id).executeTakeFirst();
    return row === undefined ? undefined : toResourceView(row);
  };
  return {
    resource,
    listResources: async () => (await db.selectFrom("resource").selectAll().orderBy("id").execute()).map(toResourceView),
    findResource: async (caller, id) => {
      const found = await resource(id);
      if (found === undefined) return refuse("CATALOG_RESOURCE_NOT_FOUND");
      const rows = await db
        .selectFrom("resource_version")
        .selectAll()
        .where("resource_id", "=", id)
        .orderBy("number", "desc")
        .execute();
      const mine = found.sourceUnit === caller.organisation;
      const versions = rows.map((row) => ({
        id: row.id,
        number: row.number,
        loadedAt: row.created_at.toISOString(),
        appendedTo: row.appended_to ?? undefined,
        own: mine ? { rows: Number(row.row_count), contentHash: row.content_hash, profile: row.profile } : undefined,
      }));
      return { ...found, versions };
    },
    declareResource: async (caller, request) => {
      const actor = toActor(caller);
      const no = async (refusal: Refusal<CatalogRefusalCode>): Promise<Refusal<CatalogRefusalCode>> => {
        await work.record({ type: "resource.declared", actor, object: caller.id, outcome: "refused", code: refusal.code });
        return refusal;
      };
      if (!isId("family", request.family)) return no(refuse("CATALOG_FAMILY_NOT_FOUND"));
      if (caller.organisationKind !== "source-unit") return no(refuse("CATALOG_SOURCE_UNIT_REQUIRED"));
      const title = parsePlainText(request.title);
      if (title === undefined) return no(refuse("CATALOG_TEXT_INVALID"));
      const checked = checkDeclaration(request, limits.maxColumns);
      if ("code" in checked) return no(checked);
      const { name, grade, columns, subjects, keys } = checked;
      const id = ids.make("resource");
      const insert = db
        .insertInto("resource")
        .values({
          id,
          family_id: request.family,
          source_unit_id: caller.organisation,
          name,
          title,
          grade,
          columns: JSON.stringify(columns),
          subjects: JSON.stringify(subjects),
          keys: JSON.stringify(keys),
          created_at: clock.now(),
        })
        .returning("id");
      const outcome = await work.change(
        {
          type: "resource.declared",
          actor,
          object: id,
          from: [request.family],
          links: { sourceUnit: caller.organisation },
          outcome: "done",
          data: { name, grade, columns: columns.length },
        },
        [expectOne(insert)],
      );
      if (outcome.kind === "done")
        return { id, family: request.family, sourceUnit: caller.organisation, name, title, grade, columns, subjects, keys };
      return no(
        refuse(outcome.constraint === "resource_family_id_fkey" ? "CATALOG_FAMILY_NOT_FOUND" : "CATALOG_RESOURCE_EXISTS"),
      );
    },
  };
}
