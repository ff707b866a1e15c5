import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, open, readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { BackupError } from "./backup-error.ts";
import type { BackupFile } from "./backup-manifest.ts";

const isMissing = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT";

/** Copies one file, durably, and tells its hash. */
async function copyFile(from: string, to: string): Promise<Omit<BackupFile, "path">> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  const hash = createHash("sha256");
  let bytes = 0;
  const watch = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  await pipeline(createReadStream(from), watch, createWriteStream(to, { mode: 0o600, flags: "wx" }));
  const file = await open(to, "r");
  await file.sync().finally(() => file.close());
  return { bytes, sha256: hash.digest("hex") };
}

/** Paths of the files at or below `path`, relative to `base`. */
async function filesBelow(base: string, path: string): Promise<readonly string[]> {
  const found = await stat(join(base, path));
  if (!found.isDirectory()) return [path];
  const names = (await readdir(join(base, path))).sort();
  return (await Promise.all(names.map((name) => filesBelow(base, `${path}/${name}`)))).flat();
}

/** Copies what lies at `path` of the data folder; undefined where there is nothing. */
export async function saveFiles(dataDir: string, path: string, to: string): Promise<readonly BackupFile[] | undefined> {
  try {
    const saved: BackupFile[] = [];
    for (const file of await filesBelow(dataDir, path))
      saved.push({ path: file, ...(await copyFile(join(dataDir, file), join(to, file))) });
    return saved;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Puts the files of a backup into a data folder, each as its manifest says. */
export async function placeFiles(files: readonly BackupFile[], from: string, dataDir: string): Promise<void> {
  for (const { path, bytes, sha256 } of files) {
    const placed = await copyFile(join(from, path), join(dataDir, path)).catch((cause: unknown) => {
      throw new BackupError(`The backup lacks ${path}. Use another copy of the backup.`, { cause });
    });
    if (placed.bytes !== bytes || placed.sha256 !== sha256)
      throw new BackupError(`The backup's ${path} is not what its manifest says. Use another copy of the backup.`);
  }
}
