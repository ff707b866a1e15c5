import { mkdir, open, readdir, rename, rm, rmdir } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { isId } from "../kernel/index.ts";

/** One folder of the vault, and the gateway that wrote it. */
export interface VaultFolder {
  /** Below the vault. */
  readonly path: string;
  /** A version's id, or what a load under way is called. */
  readonly name: string;
  /** Undefined for what no gateway would put there. */
  readonly holder: string | undefined;
}

/**
 * Where loaded versions lie: `<data>/vault/<gateway>/<version>/`. A version's files are written in a
 * folder of their own beside it and moved in whole, so that a crash leaves an orphan, never a half.
 * Each gateway writes below its own name: what it has under way is then told from what a dead one left.
 */
export interface Vault {
  /** An empty folder for a load under way. */
  stage(version: string): Promise<string>;
  /** Moves a finished load to its place, durably, and tells it as rows do: relative to the data folder. */
  place(version: string): Promise<string>;
  /** Removes a load under way; a placed version stays. */
  dropStage(version: string): Promise<void>;
  /** Removes a placed version. */
  drop(version: string): Promise<void>;
  /** The folder of a version, from what its row tells. */
  folderOf(location: string): string;
  /** The Parquet files of a placed version, in row order (their names number them). */
  files(folder: string): Promise<readonly string[]>;
  /** All folders of the vault: placed versions, and whatever loads left that did not finish. */
  folders(): Promise<readonly VaultFolder[]>;
  /** Removes one folder. */
  remove(folder: VaultFolder): Promise<void>;
}

const stageSuffix = ".loading";

function isAbsent(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/** Names in a folder; none where it is not there. Any other fault must not look like an empty one. */
async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

export function createVault(dataDir: string, holder: string): Vault {
  const vault = join(dataDir, "vault");
  const root = join(vault, holder);
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
      for (const path of [root, vault]) {
        const folder = await open(path, "r");
        await folder.sync().finally(() => folder.close());
      }
      return relative(dataDir, join(root, version));
    },
    dropStage: (version) => remove(staging(version)),
    drop: (version) => remove(join(root, version)),
    folderOf: (location) => resolve(dataDir, location),
    files: async (folder) =>
      (await readdir(folder))
        .filter((name) => name.endsWith(".parquet"))
        .sort()
        .map((name) => join(folder, name)),
    folders: async () => {
      const found: VaultFolder[] = [];
      for (const top of await namesIn(vault)) {
        if (!isId("gateway", top)) found.push({ path: top, name: top, holder: undefined });
        else for (const name of await namesIn(join(vault, top))) found.push({ path: join(top, name), name, holder: top });
      }
      return found;
    },
    remove: async ({ path, holder: of }) => {
      await remove(join(vault, path));
      // The last one takes its gateway's folder with it; that others are left is no fault.
      if (of !== undefined) await rmdir(join(vault, of)).catch(() => undefined);
    },
  };
}
