import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";

/**
 * Where loaded versions lie: `<data>/vault/<version>/`. A version's files are written in a folder
 * of their own beside it and moved in whole, so that a crash leaves an orphan, never a half.
 */
export interface Vault {
  /** An empty folder for a load under way. */
  stage(version: string): Promise<string>;
  /** Moves a finished load to its place and tells it. */
  place(version: string): Promise<string>;
  /** Removes a load under way; a placed version stays. */
  dropStage(version: string): Promise<void>;
  /** Removes whatever there is of a version. */
  drop(version: string): Promise<void>;
  /** Folders that no known version owns: what loads left that did not finish. */
  orphans(known: (version: string) => boolean): Promise<readonly string[]>;
}

const stageSuffix = ".loading";

export function createVault(dataDir: string): Vault {
  const root = join(dataDir, "vault");
  const staging = (version: string) => join(root, `${version}${stageSuffix}`);
  return {
    stage: async (version) => {
      await mkdir(staging(version), { recursive: true, mode: 0o700 });
      return staging(version);
    },
    place: async (version) => {
      await rename(staging(version), join(root, version));
      return join(root, version);
    },
    dropStage: (version) => rm(staging(version), { recursive: true, force: true }),
    drop: async (version) => {
      await rm(staging(version), { recursive: true, force: true });
      await rm(join(root, version), { recursive: true, force: true });
    },
    orphans: async (known) => {
      const names = await readdir(root).catch(() => []);
      return names.filter((name) => !known(name)).map((name) => name.replace(stageSuffix, ""));
    },
  };
}
