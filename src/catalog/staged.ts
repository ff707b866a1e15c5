import type { CatalogContext } from "./context.ts";

/** Runs a task with a folder of the vault under a new version's id; what the task placed stays, the rest goes. */
export type Staged = <T>(task: (version: string, output: string) => Promise<T>) => Promise<T>;

export function createStaged({ ids, vault }: Pick<CatalogContext, "ids" | "vault">): Staged {
  return async (task) => {
    const version = ids.make("resourceVersion");
    try {
      return await task(version, await vault.stage(version));
    } finally {
      // After a commit the files are in their place, and this removes nothing of them.
      await vault.dropStage(version);
    }
  };
}
