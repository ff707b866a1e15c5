import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/**
 * Removes the working folders of processes that are gone: links to databases, and files that were
 * being read. `alive` is asked after the folders were listed: who began in between is then alive.
 */
export async function sweepWorkFolders(dataDir: string, alive: () => Promise<ReadonlySet<string>>): Promise<void> {
  const root = join(dataDir, "engine");
  const names = await readdir(root).catch((error: NodeJS.ErrnoException) =>
    error.code === "ENOENT" ? [] : Promise.reject(error),
  );
  const live = await alive();
  for (const name of names) if (!live.has(name)) await rm(join(root, name), { recursive: true, force: true, maxRetries: 3 });
}
