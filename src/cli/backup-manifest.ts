import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { DatabaseDump } from "../store/index.ts";
import { BackupError } from "./backup-error.ts";

export interface BackupFile {
  /** Path below the data folder, with `/`. */
  readonly path: string;
  readonly bytes: number;
  /** SHA-256, hex. */
  readonly sha256: string;
}

/** What a backup holds; written last, so a backup without it is none. */
export interface BackupManifest {
  readonly format: "hanguang-backup/1";
  /** The instant of the snapshot: what was acknowledged before it is in the backup. RFC 3339. */
  readonly madeAt: string;
  readonly database: DatabaseDump;
  /** Vault, agreement databases, packages and the wrapped keys. Never the root key. */
  readonly files: readonly BackupFile[];
  readonly log: { readonly size: string; readonly root: string };
}

export const manifestName = "manifest.json";
export const tablesFolder = "tables";
export const filesFolder = "files";

/** Reads a backup's manifest. What is hashed is checked later; this only sees that it is one. */
export async function readManifest(backup: string): Promise<{ readonly manifest: BackupManifest; readonly text: string }> {
  const text = await readFile(join(backup, manifestName), "utf8").catch((cause: unknown) => {
    throw new BackupError(`${backup} is no backup, or one that was not finished: it has no ${manifestName}.`, { cause });
  });
  let manifest: Partial<BackupManifest> | null;
  try {
    manifest = JSON.parse(text) as Partial<BackupManifest> | null;
  } catch (cause) {
    throw new BackupError(`${join(backup, manifestName)} is damaged. Use another copy of the backup.`, { cause });
  }
  if (manifest?.format !== "hanguang-backup/1")
    throw new BackupError(`${join(backup, manifestName)} is of a form that this release does not read.`);
  const whole = manifest as BackupManifest;
  // A path that climbs out would let whoever made the backup write anywhere.
  for (const { path } of whole.files)
    if (path.startsWith("/") || path.split("/").some((part) => part === "" || part === "." || part === ".."))
      throw new BackupError("The manifest names a file outside the data folder; nothing was restored.");
  for (const { name } of whole.database.tables)
    if (!/^[a-z_]{1,63}$/.test(name))
      throw new BackupError("The manifest names a table that is none of ours; nothing was restored.");
  return { manifest: whole, text };
}
