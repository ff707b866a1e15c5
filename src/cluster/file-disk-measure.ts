import { readdir, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { MeasureDisk } from "./disk-space.ts";

/**
 * The file systems that the data folder stands on: its own, and that of each folder in it, for any
 * of them may be a mount of its own (vault, uploads, provisions, packages, the embedded server's).
 * Free is what is free to others than root: the server's account is another.
 */
export function createDiskMeasure(dataDir: string): MeasureDisk {
  return async () => {
    const entries = await readdir(dataDir, { withFileTypes: true });
    const names = ["", ...entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)];
    const devices = new Map<number, string[]>();
    for (const name of names) {
      // One may go between the two looks.
      const found = await stat(join(dataDir, name)).catch(() => undefined);
      if (found !== undefined) devices.set(found.dev, [...(devices.get(found.dev) ?? []), name]);
    }
    return Promise.all(
      Array.from(devices.values(), async (folders) => {
        const { bavail, blocks, bsize, ffree, files } = await statfs(join(dataDir, folders[0] ?? ""));
        // Some file systems count no files: 0 of 0 is not "none left".
        return { folders, freeBytes: bavail * bsize, sizeBytes: blocks * bsize, freeFiles: files === 0 ? undefined : ffree };
      }),
    );
  };
}
