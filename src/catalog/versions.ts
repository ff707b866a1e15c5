import { sql } from "kysely";
import type { CatalogContext } from "./context.ts";

/** A load of a resource and where its files lie. */
export interface StoredVersion {
  readonly version: string;
  readonly number: number;
  readonly rows: number;
  readonly contentHash: string;
  /** In row order: of what it is appended to, then its own. */
  readonly folders: readonly string[];
}

export interface Versions {
  /** The newest load of a resource; undefined before the first, and where files of it are destroyed. */
  newestVersion(resource: string): Promise<StoredVersion | undefined>;
}

export function createVersions({ store, vault }: Pick<CatalogContext, "store" | "vault">): Versions {
  const { db } = store;

  /** Folders of a version and of all it is appended to; undefined where one of them is gone. */
  const foldersOf = async (version: string): Promise<readonly string[] | undefined> => {
    const rows = await db
      .withRecursive("chain", (query) =>
        query
          .selectFrom("resource_version")
          .select(["id", "appended_to", sql<number>`0`.as("back")])
          .where("id", "=", version)
          .unionAll(
            query
              .selectFrom("resource_version as before")
              .innerJoin("chain", "before.id", "chain.appended_to")
              .select(["before.id", "before.appended_to", sql<number>`chain.back + 1`.as("back")]),
          ),
      )
      .selectFrom("chain")
      .leftJoin("copy", (join) =>
        join.onRef("copy.object_id", "=", "chain.id").on("copy.kind", "=", "vault").on("copy.destroyed_at", "is", null),
      )
      .select("copy.location")
      .orderBy("chain.back", "desc")
      .execute();
    const folders = rows.flatMap(({ location }) => (location === null ? [] : [vault.folderOf(location)]));
    return folders.length === rows.length ? folders : undefined;
  };

  return {
    newestVersion: async (resource) => {
      const row = await db
        .selectFrom("resource_version")
        .innerJoin("copy", "copy.object_id", "resource_version.id")
        .select(["resource_version.id", "resource_version.number", "resource_version.row_count", "resource_version.content_hash"])
        .where("resource_version.resource_id", "=", resource)
        .where("copy.kind", "=", "vault")
        .where("copy.destroyed_at", "is", null)
        .orderBy("resource_version.number", "desc")
        .limit(1)
        .executeTakeFirst();
      const folders = row === undefined ? undefined : await foldersOf(row.id);
      if (row === undefined || folders === undefined) return undefined;
      return { version: row.id, number: row.number, rows: Number(row.row_count), contentHash: row.content_hash, folders };
    },
  };
}
