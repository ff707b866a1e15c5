import { createHash, randomBytes } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { lstat, mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

export interface StoredFile {
  readonly path: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/**
 * A private folder beside the destination, on the same file system: what a worker writes there is
 * nothing until it is moved into place.
 */
export async function openStaging(destination: string): Promise<{ readonly folder: string; discard(): Promise<void> }> {
  const folder = join(dirname(destination), `.${basename(destination)}.partial-${randomBytes(8).toString("hex")}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return { folder, discard: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }) };
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  await handle.sync().finally(() => handle.close());
}

/**
 * Moves a finished file into place, durably, read-only. Undefined where what lies there is no
 * plain file: a captured worker may have left a link to somewhere else.
 */
export async function settleFile(from: string, to: string): Promise<StoredFile | undefined> {
  const found = await lstat(from).catch(() => undefined);
  if (found === undefined || !found.isFile() || found.nlink !== 1) return undefined;
  const handle = await open(from, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    await handle.chmod(0o400);
    await handle.sync();
  } finally {
    await handle.close();
  }
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(from)) hash.update(chunk as Uint8Array);
  await rename(from, to);
  await syncFolder(dirname(to));
  return { path: to, bytes: found.size, sha256: hash.digest("hex") };
}
