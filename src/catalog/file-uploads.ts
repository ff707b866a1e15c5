import { type FileHandle, mkdir, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Random } from "../kernel/index.ts";
import { seal, unseal } from "../keys/index.ts";

/** Bytes of an upload that were received in one run, in a file of their own. */
export interface Piece {
  readonly start: number;
  readonly length: number;
  /** Below the folder of all uploads. */
  readonly file: string;
}

/** A piece being written. Nothing counts before `finish` has settled and its row is committed. */
export interface PieceWriter {
  write(bytes: Uint8Array): Promise<void>;
  finish(): Promise<Piece>;
  discard(): Promise<void>;
}

/**
 * Where files on their way lie: `<data>/uploads/<upload>/`, sealed in frames of at most a mebibyte
 * under the upload's own key. A frame's place in the upload is authenticated: frames that were moved,
 * swapped, repeated or taken from another upload do not open.
 */
export interface UploadFiles {
  /** Relative to the data folder. */
  locationOf(upload: string): string;
  begin(upload: string, key: Uint8Array, start: number): Promise<PieceWriter>;
  /** The bytes of pieces that follow one another from 0. Throws where one is not what was written. */
  read(upload: string, key: Uint8Array, pieces: readonly Piece[]): AsyncIterable<Uint8Array>;
  removePiece(file: string): Promise<void>;
  remove(upload: string): Promise<void>;
  /** Names of all folders. */
  folders(): Promise<readonly string[]>;
}

const frameBytes = 1024 * 1024;
/** Version, nonce and tag (`seal`). */
const sealedOverhead = 29;
const lengthBytes = 4;

const contextOf = (upload: string, at: number): string => `upload/${upload}/${at}`;

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  await folder.sync().finally(() => folder.close());
}

export function createUploadFiles(dataDir: string, random: Random): UploadFiles {
  const root = join(dataDir, "uploads");
  const folderOf = (upload: string): string => join(root, upload);
  const make = async (upload: string): Promise<void> => {
    await mkdir(folderOf(upload), { recursive: true, mode: 0o700 });
    await syncFolder(root);
  };

  async function* readPiece(upload: string, key: Uint8Array, piece: Piece): AsyncGenerator<Uint8Array> {
    const file = await open(join(root, piece.file), "r");
    try {
      for (let done = 0; done < piece.length; ) {
        const head = await readWhole(file, lengthBytes);
        const length = head.readUInt32BE(0);
        if (length > frameBytes + sealedOverhead) throw new RangeError("a frame of an upload is longer than any is written");
        const bytes = unseal(key, await readWhole(file, length), contextOf(upload, piece.start + done));
        done += bytes.length;
        if (bytes.length === 0 || done > piece.length)
          throw new RangeError("a piece of an upload has another length than its row");
        yield bytes;
      }
    } finally {
      await file.close();
    }
  }

  return {
    locationOf: (upload) => join("uploads", upload),
    begin: async (upload, key, start) => {
      await make(upload);
      // Two writers at one offset write beside one another; whose row comes first has the place.
      const name = join(upload, `${start}-${Buffer.from(random.bytes(8)).toString("hex")}`);
      const path = join(root, name);
      const file = await open(path, "wx", 0o600);
      let [held, heldBytes, length] = [[] as Uint8Array[], 0, 0];
      const flush = async (): Promise<void> => {
        if (heldBytes === 0) return;
        const sealed = seal(key, Buffer.concat(held), contextOf(upload, start + length), random);
        const head = Buffer.alloc(lengthBytes);
        head.writeUInt32BE(sealed.length);
        await file.writeFile(Buffer.concat([head, sealed]));
        length += heldBytes;
        [held, heldBytes] = [[], 0];
      };
      return {
        write: async (bytes) => {
          for (let at = 0; at < bytes.length; ) {
            const part = bytes.subarray(at, at + frameBytes - heldBytes);
            held.push(Buffer.from(part));
            heldBytes += part.length;
            at += part.length;
            if (heldBytes === frameBytes) await flush();
          }
        },
        finish: async () => {
          await flush();
          await file.sync();
          await file.close();
          await syncFolder(folderOf(upload));
          return { start, length, file: name };
        },
        discard: async () => {
          await file.close().catch(() => undefined);
          await rm(path, { force: true });
        },
      };
    },
    async *read(upload, key, pieces) {
      for (const piece of pieces) yield* readPiece(upload, key, piece);
    },
    removePiece: (file) => rm(join(root, file), { force: true }),
    remove: (upload) => rm(folderOf(upload), { recursive: true, force: true, maxRetries: 3 }),
    folders: async () => {
      try {
        return await readdir(root);
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
        throw error;
      }
    },
  };
}

async function readWhole(file: FileHandle, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; ) {
    const { bytesRead } = await file.read(bytes, at, length - at);
    if (bytesRead === 0) throw new RangeError("a piece of an upload ends before its row says");
    at += bytesRead;
  }
  return bytes;
}
