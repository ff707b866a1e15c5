import { open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";

/** The last signed checkpoint, kept outside the store: what a restored older store is found by. */
export interface CheckpointFile {
  read(): Promise<string | undefined>;
  write(note: string): Promise<void>;
}

export function createCheckpointFile(path: string): CheckpointFile {
  const sync = async (target: string): Promise<void> => {
    const handle = await open(target, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  };
  return {
    read: () =>
      readFile(path, "utf8").catch((error: NodeJS.ErrnoException) =>
        error.code === "ENOENT" ? undefined : Promise.reject(error),
      ),
    write: async (note) => {
      const beside = `${path}.new`;
      const handle = await open(beside, "w", 0o644);
      try {
        await handle.writeFile(note);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(beside, path);
      await sync(dirname(path));
    },
  };
}
