import type { Selectable } from "kysely";
import { type AuthenticatedActor, toActor } from "../identity/index.ts";
import { isId, type Refusal, refuse } from "../kernel/index.ts";
import type { Keystore } from "../keys/index.ts";
import type { Tables } from "../store/index.ts";
import type { CatalogContext } from "./context.ts";
import type { Piece } from "./file-uploads.ts";
import type { CatalogRefusalCode } from "./refusals.ts";

/** An upload as its sender sees it. */
export interface UploadView {
  readonly id: string;
  readonly resource: string;
  readonly length: number;
  /** Bytes that are durably here: where the sender goes on. */
  readonly received: number;
  readonly expiresAt: Date;
}

export type UploadRow = Selectable<Tables["upload"]>;

export function toUploadView(row: UploadRow): UploadView {
  return {
    id: row.id,
    resource: row.resource_id,
    length: Number(row.length),
    received: Number(row.received),
    expiresAt: row.expires_at,
  };
}

/** Reads of uploads; what they change is written by those who record it. */
export interface UploadRows {
  /** The caller's own open upload. Everybody else's looks absent. */
  openOf(caller: AuthenticatedActor, id: string): Promise<UploadRow | Refusal<CatalogRefusalCode>>;
  keyOf(row: UploadRow): Promise<Uint8Array>;
  piecesOf(upload: string): Promise<readonly Piece[]>;
  countOpen(sourceUnit: string): Promise<number>;
  due(): Promise<readonly string[]>;
  /** Ids of all open ones. */
  open(): Promise<ReadonlySet<string>>;
}

/** What seals the keys of uploads: one key of the platform's. */
export const uploadKeyOwner = "platform";
export const uploadKeyContext = (upload: string): string => `upload-key/${upload}`;

export function createUploadRows({ store, clock, keys }: CatalogContext & { readonly keys: Keystore }): UploadRows {
  const { db } = store;
  return {
    openOf: async (caller, id) => {
      if (!isId("upload", id)) return refuse("CATALOG_UPLOAD_NOT_FOUND");
      const row = await db
        .selectFrom("upload")
        .selectAll()
        .where("id", "=", id)
        .where("account_id", "=", caller.id)
        .executeTakeFirst();
      if (row === undefined || row.state === "removed") return refuse("CATALOG_UPLOAD_NOT_FOUND");
      if (row.state === "loaded") return refuse("CATALOG_UPLOAD_LOADED", { version: row.version_id ?? "" });
      if (row.state === "expired" || row.expires_at <= clock.now()) return refuse("CATALOG_UPLOAD_EXPIRED");
      return row;
    },
    keyOf: (row) => keys.unseal("upload", uploadKeyOwner, row.key_sealed ?? new Uint8Array(), uploadKeyContext(row.id)),
    piecesOf: async (upload) => {
      const rows = await db.selectFrom("upload_piece").selectAll().where("upload_id", "=", upload).orderBy("start").execute();
      return rows.map(({ start, length, file }) => ({ start: Number(start), length: Number(length), file }));
    },
    countOpen: async (sourceUnit) => {
      const counted = await db
        .selectFrom("upload")
        .innerJoin("resource", "resource.id", "upload.resource_id")
        .select(({ fn }) => fn.countAll<string>().as("count"))
        .where("resource.source_unit_id", "=", sourceUnit)
        .where("upload.state", "=", "open")
        .where("upload.expires_at", ">", clock.now())
        .executeTakeFirst();
      return Number(counted?.count ?? 0);
    },
    due: async () => {
      const rows = await db
        .selectFrom("upload")
        .select("id")
        .where("state", "=", "open")
        .where("expires_at", "<=", clock.now())
        .execute();
      return rows.map(({ id }) => id);
    },
    open: async () => {
      const rows = await db.selectFrom("upload").select("id").where("state", "=", "open").execute();
      return new Set(rows.map(({ id }) => id));
    },
  };
}

/** Who did what with an upload, for its events. */
export const uploadAttempt = (caller: AuthenticatedActor, type: string, id: string) => ({
  type,
  actor: toActor(caller),
  object: isId("upload", id) ? id : caller.id,
});
