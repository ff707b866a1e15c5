import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";

/** Sealed packages on disk, one file each, written whole or not at all. */
export interface PackageFiles {
  /** As rows tell it: relative to the data folder. */
  locationOf(copyId: string): string;
  write(copyId: string, sealed: Uint8Array): Promise<void>;
  read(location: string): Promise<Buffer>;
  remove(copyId: string): Promise<void>;
}

export function createPackageFiles(dataDir: string): PackageFiles {
  const folder = join(dataDir, "packages");
  const locationOf = (copyId: string) => join("packages", `${copyId}.zip.sealed`);
  const pathOf = (copyId: string) => join(dataDir, locationOf(copyId));
  return {
    locationOf,
    read: (location) => readFile(resolve(dataDir, location)),
    remove: (copyId) => rm(pathOf(copyId)),
    write: async (copyId, sealed) => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const beside = `${pathOf(copyId)}.new`;
      const file = await open(beside, "w", 0o600);
      try {
        await file.writeFile(sealed);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(beside, pathOf(copyId));
    },
  };
}
