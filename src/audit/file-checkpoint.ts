import { link, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";

/** The last signed checkpoint, kept outside the store: what a restored older store is found by. */
export interface CheckpointFile {
  read(): Promise<string | undefined>;
  write(note: string): Promise<void>;
  /** Keeps what is there under a name of its own (`checkpoint.1`, …): it is of an origin that goes on no more. */
  setAside(): Promise<void>;
}

/** Nothing to keep, or a name that is taken; any other failure is one. */
function stateOf(error: unknown): "absent" | "taken" {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "absent";
  if (code === "EEXIST") return "taken";
  throw error;
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
    setAside: async () => {
      for (let number = 1; ; number++) {
        // A link is made whole or not at all, and never over another.
        const state = await link(path, `${path}.${number}`).then(() => "kept", stateOf);
        if (state === "taken") continue;
        await sync(dirname(path));
        return;
      }
    },
  };
}
