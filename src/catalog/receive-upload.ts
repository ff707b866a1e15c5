import { createHash, type Hash } from "node:crypto";
import { expectOne, expectRows } from "../audit/index.ts";
import type { IngestRefusalCode } from "../engine/index.ts";
import { type AuthenticatedActor, toActor } from "../identity/index.ts";
import { type Refusal, refuse } from "../kernel/index.ts";
import type { CatalogContext } from "./context.ts";
import type { Piece, PieceWriter, UploadFiles } from "./file-uploads.ts";
import type { CatalogRefusalCode } from "./refusals.ts";
import { toUploadView, type UploadRow, type UploadView } from "./upload-rows.ts";

/** What a run of bytes must hash to, or nothing of it counts (tus `Upload-Checksum`). */
export interface Checksum {
  readonly algorithm: "sha1" | "sha256";
  readonly digest: Uint8Array;
}

type Code = CatalogRefusalCode | IngestRefusalCode;
type Refused = Refusal<Code>;
type Body = AsyncIterable<Uint8Array>;

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** Reads what a refused sender still sends: whoever listens last must not be cut off before the answer. */
async function drain(source: AsyncIterator<Uint8Array>, bytes: number): Promise<void> {
  for (let left = bytes; left > 0; ) {
    const next = await source.next();
    if (next.done === true) return;
    left -= next.value.length;
  }
}

/** Takes a run of bytes of an upload in, from where the last one ended. */
export type ReceiveUpload = (
  caller: AuthenticatedActor,
  upload: { readonly row: UploadRow; readonly key: Uint8Array },
  body: Body,
  checksum: Checksum | undefined,
) => Promise<UploadView | Refused>;

export function createReceiveUpload(
  { store, work, clock, limits, membership }: CatalogContext,
  files: UploadFiles,
): ReceiveUpload {
  const { db } = store;

  /** Pieces as rows, from where the upload stands; undefined where another writer, or its end, was first. */
  const commit = async (caller: AuthenticatedActor, row: UploadRow, pieces: readonly Piece[]): Promise<UploadRow | undefined> => {
    const before = Number(row.received);
    const received = pieces.reduce((sum, { length }) => sum + length, before);
    const expiresAt = new Date(clock.now().getTime() + limits.uploadTtlMs);
    const grown = db
      .updateTable("upload")
      .set({ received, expires_at: expiresAt })
      .where("id", "=", row.id)
      .where("state", "=", "open")
      .where("received", "=", row.received)
      .returning("id");
    const added = db
      .insertInto("upload_piece")
      .values(pieces.map(({ start, length, file }) => ({ upload_id: row.id, start, length, file })))
      .returning("file");
    const outcome = await work.change(
      {
        type: "upload.received",
        actor: toActor(caller),
        object: row.id,
        outcome: "done",
        data: { from: before, received },
      },
      [expectOne(grown), expectRows(added, pieces.length, pieces.length), membership.fence()],
    );
    return outcome.kind === "done" ? { ...row, received: String(received), expires_at: expiresAt } : undefined;
  };

  return async (caller, { row: begun, key }, body, checksum) => {
    const length = Number(begun.length);
    const source = body[Symbol.asyncIterator]();
    const hash: Hash | undefined = checksum === undefined ? undefined : createHash(checksum.algorithm);
    let row = begun;
    let writer: PieceWriter | undefined;
    /** Whole pieces that wait for the checksum of the run. */
    let waiting: Piece[] = [];
    let at = Number(begun.received);
    let inPiece = 0;

    /** Closes the piece and commits it, or lets it wait. False: another writer was first. */
    const close = async (): Promise<boolean> => {
      if (writer === undefined) return true;
      const piece = await writer.finish();
      [writer, inPiece] = [undefined, 0];
      waiting.push(piece);
      return hash !== undefined || settle();
    };
    const settle = async (): Promise<boolean> => {
      if (waiting.length === 0) return true;
      const next = await commit(caller, row, waiting);
      if (next === undefined) return false;
      [row, waiting] = [next, []];
      return true;
    };
    const abandon = async (code: Code): Promise<Refused> => {
      await writer?.discard();
      for (const { file } of waiting) await files.removePiece(file);
      drain(source, length).catch(() => undefined);
      return refuse(code, { received: Number(row.received) });
    };

    try {
      for (;;) {
        let next: IteratorResult<Uint8Array>;
        try {
          next = await source.next();
        } catch {
          // What came before the sender broke off stays, unless it was to be checked as a whole.
          if (hash === undefined && !(await close())) return await abandon("CATALOG_UPLOAD_OFFSET");
          return await abandon("CATALOG_FILE_INCOMPLETE");
        }
        if (next.done === true) break;
        const bytes = next.value;
        if (at + bytes.length > length) return await abandon("CATALOG_UPLOAD_TOO_LONG");
        hash?.update(bytes);
        writer ??= await files.begin(begun.id, key, at);
        await writer.write(bytes);
        at += bytes.length;
        inPiece += bytes.length;
        if (inPiece >= limits.uploadPieceBytes && !(await close())) return await abandon("CATALOG_UPLOAD_OFFSET");
      }
      if (!(await close())) return await abandon("CATALOG_UPLOAD_OFFSET");
      if (hash !== undefined && checksum !== undefined && !hash.digest().equals(checksum.digest))
        return await abandon("CATALOG_UPLOAD_CHECKSUM");
      if (!(await settle())) return await abandon("CATALOG_UPLOAD_OFFSET");
      return toUploadView(row);
    } catch (error) {
      if (isCode(error, "ENOSPC")) return await abandon("CATALOG_DISK_FULL");
      // Its folder went while bytes came: it has ended.
      if (isCode(error, "ENOENT")) return await abandon("CATALOG_UPLOAD_OFFSET");
      await writer?.discard();
      throw error;
    }
  };
}
