import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";

/** Sealed packages on disk, one file each, written whole or not at all. */
export interface PackageFiles {
  pathOf(packageId: string): string;
  write(packageId: string, sealed: Uint8Array): Promise<void>;
  read(location: string): Promise<Buffer>;
}

export function createPackageFiles(dataDir: string): PackageFiles {
  const folder = join(dataDir, "packages");
  const pathOf = (packageId: string) => join(folder, `${packageId}.zip.sealed`);
  return {
    pathOf,
    read: (location) => readFile(location),
    write: async (packageId, sealed) => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const beside = `${pathOf(packageId)}.new`;
      const file = await open(beside, "w", 0o600);
      try {
        await file.writeFile(sealed);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(beside, pathOf(packageId));
    },
  };
}
