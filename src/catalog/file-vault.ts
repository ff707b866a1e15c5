import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";

/**
 * Where loaded versions lie: `<data>/vault/<version>/`. A version's files are written in a folder
 * of their own beside it and moved in whole, so that a crash leaves an orphan, never a half.
 */
export interface Vault {
  /** An empty folder for a load under way. */
  stage(version: string): Promise<string>;
  /** Moves a finished load to its place, durably, and tells it. */
  place(version: string): Promise<string>;
  /** Removes a load under way; a placed version stays. */
  dropStage(version: string): Promise<void>;
  /** Removes a placed version. */
  drop(version: string): Promise<void>;
  /** The Parquet files of a placed version, in row order (their names number them). */
  files(folder: string): Promise<readonly string[]>;
  /** Names of all folders of the vault: placed versions, and whatever loads left that did not finish. */
  folders(): Promise<readonly string[]>;
  /** Removes one folder by its name, as `folders` told it. */
  remove(folder: string): Promise<void>;
}

const stageSuffix = ".loading";

function isAbsent(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

export function createVault(dataDir: string): Vault {
  const root = join(dataDir, "vault");
  const staging = (version: string) => join(root, `${version}${stageSuffix}`);
  const remove = (path: string) => rm(path, { recursive: true, force: true, maxRetries: 3 });
  return {
    stage: async (version) => {
      await mkdir(staging(version), { recursive: true, mode: 0o700 });
      return staging(version);
    },
    place: async (version) => {
      await rename(staging(version), join(root, version));
      // The row that names this folder is committed next: the move must not be lost after it.
      const folder = await open(root, "r");
      await folder.sync().finally(() => folder.close());
      return join(root, version);
    },
    dropStage: (version) => remove(staging(version)),
    drop: (version) => remove(join(root, version)),
    files: async (folder) =>
      (await readdir(folder))
        .filter((name) => name.endsWith(".parquet"))
        .sort()
        .map((name) => join(folder, name)),
    folders: async () => {
      try {
        return await readdir(root);
      } catch (error) {
        // Before the first load there is no vault. Any other fault must not look like an empty one.
        if (isAbsent(error)) return [];
        throw error;
      }
    },
    remove: (folder) => remove(join(root, folder)),
  };
}
