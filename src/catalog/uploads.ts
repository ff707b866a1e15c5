import { expectOne } from "../audit/index.ts";
import { type AuthenticatedActor, toActor } from "../identity/index.ts";
import { isId, isRefusal, type Random, type Refusal, refuse } from "../kernel/index.ts";
import type { Keystore } from "../keys/index.ts";
import type { UploadState } from "../store/index.ts";
import type { CatalogContext } from "./context.ts";
import { CatalogError } from "./errors.ts";
import { createUploadFiles } from "./file-uploads.ts";
import type { HandIn, HandIns } from "./hand-in.ts";
import { parseHandInFormat } from "./hand-in-format.ts";
import { createReadBody, type ReadBody, refusalOf } from "./readings.ts";
import { type Checksum, createReceiveUpload } from "./receive-upload.ts";
import { recorded } from "./recorded.ts";
import type { Staged } from "./staged.ts";
import type { LoadedVersion, StoreVersion } from "./store-version.ts";
import {
  createUploadRows,
  toUploadView,
  type UploadView,
  uploadAttempt,
  uploadKeyContext,
  uploadKeyOwner,
} from "./upload-rows.ts";

export interface Uploads {
  /** Most bytes of any upload. */
  readonly maxUploadBytes: number;
  /** Begins an upload of a known length. Whether the file will do is asked when it is finished. */
  createUpload(
    caller: AuthenticatedActor,
    resource: string,
    request: HandIn & { readonly length: number },
  ): Promise<UploadView | Refusal>;
  findUpload(caller: AuthenticatedActor, id: string): Promise<UploadView | Refusal>;
  /**
   * Takes bytes in from `offset`, which is where the upload stands. They count as they become durable,
   * piece by piece; with a checksum, all or none. Of two writers at one offset, one goes on.
   */
  receiveUpload(
    caller: AuthenticatedActor,
    id: string,
    run: { readonly offset: number; readonly body: AsyncIterable<Uint8Array>; readonly checksum?: Checksum | undefined },
  ): Promise<UploadView | Refusal>;
  /** The whole file as a new version, as if it had been handed in at once. A refused one stays until it expires. */
  finishUpload(caller: AuthenticatedActor, id: string, request: { readonly sha256: string }): Promise<LoadedVersion | Refusal>;
  removeUpload(caller: AuthenticatedActor, id: string): Promise<undefined | Refusal>;
  /** Ends uploads whose time is over and removes files that belong to no open one; tells how many folders that were. */
  sweepUploads(): Promise<number>;
}

export function createUploads(
  context: CatalogContext & { readonly dataDir: string; readonly keys: Keystore; readonly random: Random },
  deps: { readonly handIns: HandIns; readonly readBody: ReadBody; readonly storeVersion: StoreVersion; readonly staged: Staged },
): Uploads {
  const { store, work, ids, clock, engine, limits, keys, random, membership } = context;
  const { db } = store;
  const files = createUploadFiles(context.dataDir, random);
  const rows = createUploadRows(context);
  const receive = createReceiveUpload(context, files);
  // Slots of their own: a slow sender costs a connection, not a process.
  const receiveBody = createReadBody(context);

  /** The end of an open upload, as changes: its key goes, and its copy is told destroyed. */
  const endOf = (id: string, state: Exclude<UploadState, "open">, version: string | null = null) =>
    [
      expectOne(
        db
          .updateTable("upload")
          .set({ state, key_sealed: null, version_id: version })
          .where("id", "=", id)
          .where("state", "=", "open")
          .where("expires_at", state === "expired" ? "<=" : ">", clock.now())
          .returning("id"),
      ),
      expectOne(
        db
          .updateTable("copy")
          .set({ destroyed_at: clock.now() })
          .where("object_id", "=", id)
          .where("kind", "=", "upload")
          .returning("id"),
      ),
    ] as const;

  /** The end is committed and its key gone: files that cannot be removed now are the next sweep's. */
  const forget = (id: string): Promise<void> => files.remove(id).catch(() => undefined);

  return {
    maxUploadBytes: limits.maxBytes,
    createUpload: (caller, resourceId, { length, ...handIn }) => {
      const attempt = {
        type: "upload.created",
        actor: toActor(caller),
        object: isId("resource", resourceId) ? resourceId : caller.id,
      };
      return recorded<UploadView>(context, attempt, [], async () => {
        const resource = await deps.handIns.resourceOf(caller, resourceId);
        if (isRefusal(resource)) return resource;
        const format = parseHandInFormat(handIn.contentType);
        if (isRefusal(format)) return format;
        if (handIn.mode === "append" && handIn.expected === undefined) return refuse("CATALOG_EXPECTED_VERSION_MISSING");
        if (handIn.expected !== undefined && !isId("resourceVersion", handIn.expected)) return refuse("CATALOG_VERSION_CHANGED");
        const most = format.kind === "parquet" ? limits.maxParquetBytes : limits.maxBytes;
        if (length > most) return refuse("CATALOG_FILE_LIMIT", { reason: `the file has more than ${most} bytes` });
        if (!(await context.space.hasRoom(length, "uploads"))) return refuse("CATALOG_DISK_LOW");
        if ((await rows.countOpen(resource.sourceUnit)) >= limits.maxOpenUploads)
          return refuse("CATALOG_UPLOADS_TOO_MANY", { limit: limits.maxOpenUploads });
        const id = ids.make("upload");
        const now = clock.now();
        const sealed = await keys.seal("upload", uploadKeyOwner, random.bytes(32), uploadKeyContext(id));
        const expiresAt = new Date(now.getTime() + limits.uploadTtlMs);
        const row = db
          .insertInto("upload")
          .values({
            id,
            resource_id: resource.id,
            account_id: caller.id,
            content_type: handIn.contentType,
            mode: handIn.mode,
            expected: handIn.expected ?? null,
            length,
            state: "open",
            key_sealed: sealed,
            version_id: null,
            created_at: now,
            expires_at: expiresAt,
          })
          .returning("id");
        const copy = db
          .insertInto("copy")
          .values({
            id: ids.make("copy"),
            kind: "upload",
            object_id: id,
            location: files.locationOf(id),
            bytes: length,
            sha256: "",
            created_at: now,
          })
          .returning("id");
        const outcome = await work.change(
          { ...attempt, object: id, from: [resource.id], outcome: "done", data: { length, mode: handIn.mode } },
          [expectOne(row), expectOne(copy), membership.fence()],
        );
        return outcome.kind === "done"
          ? { id, resource: resource.id, length, received: 0, expiresAt }
          : refuse("CATALOG_LOAD_CONFLICT");
      });
    },

    findUpload: async (caller, id) => {
      const row = await rows.openOf(caller, id);
      return isRefusal(row) ? row : toUploadView(row);
    },

    receiveUpload: (caller, id, { offset, body, checksum }) =>
      recorded<UploadView>(context, uploadAttempt(caller, "upload.received", id), [], async () => {
        const row = await rows.openOf(caller, id);
        if (isRefusal(row)) return row;
        const resource = await deps.handIns.resourceOf(caller, row.resource_id);
        if (isRefusal(resource)) return resource;
        if (Number(row.received) !== offset) return refuse("CATALOG_UPLOAD_OFFSET", { received: Number(row.received) });
        const key = await rows.keyOf(row);
        return receiveBody<UploadView>(caller, body, (steady) => receive(caller, { row, key }, steady, checksum));
      }),

    finishUpload: async (caller, id, { sha256 }) => {
      const row = await rows.openOf(caller, id);
      const resource = isRefusal(row) ? row : await deps.handIns.resourceOf(caller, row.resource_id);
      const columns = isRefusal(resource) ? [] : resource.columns;
      return recorded<LoadedVersion>(context, uploadAttempt(caller, "resource-version.loaded", id), columns, async () => {
        if (isRefusal(row)) return row;
        if (row.received !== row.length)
          return refuse("CATALOG_UPLOAD_INCOMPLETE", { received: Number(row.received), length: Number(row.length) });
        if (isRefusal(resource)) return resource;
        if (!(await context.space.hasRoom(Number(row.length), "vault")))
          return refuse("CATALOG_DISK_LOW", { received: Number(row.received) });
        const prepared = await deps.handIns.prepare(resource, {
          contentType: row.content_type,
          mode: row.mode,
          expected: row.expected ?? undefined,
        });
        if (isRefusal(prepared)) return prepared;
        const { request, expected, appends } = prepared;
        const whole = files.read(id, await rows.keyOf(row), await rows.piecesOf(id));
        let damage: unknown;
        // A reader that finds a piece altered must not look like a sender that broke off.
        async function* watched(): AsyncGenerator<Uint8Array> {
          try {
            yield* whole;
          } catch (cause) {
            damage = new CatalogError("CATALOG_UPLOAD_DAMAGED", `The pieces of upload ${id} do not open.`, { cause });
            throw damage;
          }
        }
        const loaded = await deps.readBody<LoadedVersion>(caller, watched(), (body) =>
          deps.staged(async (version, output) => {
            const ingested = await engine.ingest({ ...request, output }, body);
            if (damage !== undefined) {
              // Another finish was first, and the pieces went with it.
              const still = await rows.openOf(caller, id);
              if (isRefusal(still)) return still;
              throw damage;
            }
            if (ingested.kind === "refused") return refusalOf(ingested);
            if (ingested.contentHash !== sha256) return refuse("CATALOG_UPLOAD_HASH");
            const upload = { id, changes: endOf(id, "loaded", version) };
            return deps.storeVersion(caller, { id: version, resource: resource.id, ingested, expected, appends, upload });
          }),
        );
        if (!isRefusal(loaded)) await forget(id);
        return loaded;
      });
    },

    removeUpload: (caller, id) => {
      const type = "upload.removed";
      const attempt = uploadAttempt(caller, type, id);
      return recorded<undefined>(context, attempt, [], async () => {
        const row = await rows.openOf(caller, id);
        if (isRefusal(row)) return row;
        const outcome = await work.change({ ...attempt, outcome: "done" }, endOf(id, "removed"));
        if (outcome.kind === "conflict") return refuse("CATALOG_UPLOAD_NOT_FOUND");
        await forget(id);
        return undefined;
      });
    },

    sweepUploads: async () => {
      // Somebody may have added to it, or ended it, meanwhile: then there is nothing to do.
      for (const id of await rows.due())
        await work.change(
          { type: "upload.expired", actor: { kind: "system", component: "catalog" }, object: id, outcome: "done" },
          endOf(id, "expired"),
        );
      // Folders before rows: a folder is made after its row, so one made in between is not seen or is known.
      const folders = await files.folders();
      const open = await rows.open();
      const left = folders.filter((folder) => !open.has(folder));
      for (const folder of left) await files.remove(folder);
      return left.length;
    },
  };
}
