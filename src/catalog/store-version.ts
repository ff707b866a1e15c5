import { type Change, expectOne } from "../audit/index.ts";
import type { Ingested } from "../engine/index.ts";
import { type AuthenticatedActor, toActor } from "../identity/index.ts";
import { canonicalJson, type Refusal, refuse, sha256Hex } from "../kernel/index.ts";
import type { CatalogContext } from "./context.ts";
import type { CatalogRefusalCode } from "./refusals.ts";
import type { StoredVersion } from "./versions.ts";

export interface LoadedVersion {
  readonly id: string;
  readonly resource: string;
  readonly number: number;
  /** Of the whole version. */
  readonly rows: number;
  /** SHA-256 of the file handed in. */
  readonly contentHash: string;
  readonly appendedTo?: string | undefined;
}

/** A validated file that waits in the vault's stage for its row. */
export interface NewVersion {
  readonly id: string;
  readonly resource: string;
  readonly ingested: Ingested;
  /** The newest version, where the caller named one: another load in between then undoes this one. */
  readonly expected: StoredVersion | undefined;
  readonly appends: boolean;
  /** The upload that it came by, and the changes that end it. */
  readonly upload?: { readonly id: string; readonly changes: readonly Change[] } | undefined;
}

/** Loads that met another one at the same number try the next; each try costs one statement. */
const numberTries = 16;

/** What lies in a version's folder, as one hash: the files' names, sizes and hashes in row order. */
function hashOfFiles(files: Ingested["files"]): string {
  return sha256Hex(
    canonicalJson(files.map(({ path, bytes, sha256 }) => ({ name: path.slice(path.lastIndexOf("/") + 1), bytes, sha256 }))),
  );
}

/** Gives a staged load its number, its row, its registered copy and its event; or undoes it. */
export type StoreVersion = (caller: AuthenticatedActor, load: NewVersion) => Promise<LoadedVersion | Refusal<CatalogRefusalCode>>;

export function createStoreVersion({ store, work, ids, clock, vault, membership }: CatalogContext): StoreVersion {
  const { db } = store;

  const nextNumber = async (resource: string): Promise<number> => {
    const newest = await db
      .selectFrom("resource_version")
      .select(({ fn }) => fn.max("number").as("number"))
      .where("resource_id", "=", resource)
      .executeTakeFirst();
    return (newest?.number ?? 0) + 1;
  };

  return async (caller, load) => {
    const { id, resource, ingested, expected, upload } = load;
    const base = load.appends ? expected : undefined;
    // In its place before the row exists: a crash between the two leaves files without a row, which
    // the next start sweeps, never a version whose files are missing. For the same reason an error
    // of the store below leaves the files: the row may have been committed before the answer was lost.
    const location = await vault.place(id);
    const filesHash = hashOfFiles(ingested.files);
    const { contentHash, rows } = ingested;
    for (let attempt = 0; attempt < (expected === undefined ? numberTries : 1); attempt++) {
      // The number after the expected version's is free only while that one is the newest.
      const number = expected === undefined ? await nextNumber(resource) : expected.number + 1;
      const now = clock.now();
      const row = db
        .insertInto("resource_version")
        .values({
          id,
          resource_id: resource,
          number,
          content_hash: contentHash,
          row_count: rows,
          profile: JSON.stringify(ingested.profile),
          created_by: caller.id,
          created_at: now,
          appended_to: base?.version ?? null,
        })
        .returning("id");
      const copy = db
        .insertInto("copy")
        .values({
          id: ids.make("copy"),
          kind: "vault",
          object_id: id,
          location,
          bytes: ingested.files.reduce((sum, { bytes }) => sum + bytes, 0),
          sha256: filesHash,
          created_at: now,
        })
        .returning("id");
      const outcome = await work.change(
        {
          type: "resource-version.loaded",
          actor: toActor(caller),
          object: id,
          from: [resource, ...(base === undefined ? [] : [base.version]), ...(upload === undefined ? [] : [upload.id])],
          outcome: "done",
          data: { number, rows, addedRows: rows - (base?.rows ?? 0), contentHash, filesHash },
        },
        [expectOne(row), expectOne(copy), membership.fence(), ...(upload?.changes ?? [])],
      );
      if (outcome.kind === "done") return { id, resource, number, rows, contentHash, appendedTo: base?.version };
    }
    await vault.drop(id);
    return refuse(expected === undefined ? "CATALOG_LOAD_CONFLICT" : "CATALOG_VERSION_CHANGED");
  };
}
