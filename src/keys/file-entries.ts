import { link, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Random } from "../kernel/index.ts";
import { KeysError } from "./errors.ts";
import { readIfThere } from "./file-read.ts";

/** One key at rest. */
export interface KeyEntry {
  readonly purpose: string;
  readonly owner: string;
  readonly algorithm: string;
  /** base64 of the wrapped key; null once destroyed. */
  readonly wrapped: string | null;
}

/**
 * A folder with one file a key. Several processes may share it: a file is made whole or not at all,
 * by whoever is first, and is replaced only to destroy its key. One file for all keys would let the
 * last writer drop what another had just added, and with it whatever that key had sealed.
 */
export interface KeyEntries {
  /** Whether there is any key, destroyed ones included. */
  isEmpty(): Promise<boolean>;
  all(): AsyncIterable<KeyEntry>;
  read(purpose: string, owner: string): Promise<KeyEntry | undefined>;
  /** Adds a key unless there is one; tells the one that is there now. */
  add(entry: KeyEntry): Promise<KeyEntry>;
  replace(entry: KeyEntry): Promise<void>;
}

const suffix = ".json";

function fileOf({ purpose, owner }: Pick<KeyEntry, "purpose" | "owner">): string {
  // An owner is an id of ours; anything else could name a file elsewhere.
  if (!/^[\w-]{1,64}$/.test(owner)) throw new KeysError("KEYS_OWNER_INVALID", "A key's owner is an id.");
  return `${purpose}.${owner}${suffix}`;
}

function parseEntry(name: string, text: string): KeyEntry {
  const malformed = (cause?: unknown) =>
    new KeysError("KEYS_STORE_MALFORMED", `The key ${name} in the keystore is damaged; restore it from a backup.`, { cause });
  let entry: Partial<KeyEntry> | null;
  try {
    entry = JSON.parse(text) as Partial<KeyEntry> | null;
  } catch (cause) {
    throw malformed(cause);
  }
  const { purpose = "", owner = "", algorithm = "", wrapped } = entry ?? {};
  // A file under another's name is somebody's attempt to have one key taken for another.
  if ((wrapped !== null && typeof wrapped !== "string") || `${purpose}.${owner}${suffix}` !== name) throw malformed();
  return { purpose, owner, algorithm, wrapped };
}

export function openKeyEntries(folder: string, random: Random): KeyEntries {
  const names = async (): Promise<readonly string[]> => {
    const found = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      // A keystore that cannot be read is no first start.
      throw error;
    });
    return found.filter((name) => name.endsWith(suffix));
  };
  const readFile = async (name: string): Promise<KeyEntry | undefined> => {
    const text = await readIfThere(join(folder, name));
    return text === undefined ? undefined : parseEntry(name, text);
  };
  /** Written beside and synced, put in its place by `settle`, and the folder synced. */
  const write = async <T>(entry: KeyEntry, settle: (from: string, to: string) => Promise<T>): Promise<T> => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const target = join(folder, fileOf(entry));
    const beside = `${target}.${Buffer.from(random.bytes(8)).toString("hex")}.new`;
    const file = await open(beside, "wx", 0o600);
    try {
      await file.writeFile(JSON.stringify(entry));
      await file.sync();
    } finally {
      await file.close();
    }
    try {
      return await settle(beside, target);
    } finally {
      await rm(beside, { force: true });
      const handle = await open(folder, "r");
      await handle.sync().finally(() => handle.close());
    }
  };

  return {
    isEmpty: async () => (await names()).length === 0,
    all: async function* () {
      for (const name of await names()) {
        const entry = await readFile(name);
        if (entry !== undefined) yield entry;
      }
    },
    read: async (purpose, owner) => readFile(fileOf({ purpose, owner } as KeyEntry)),
    add: (entry) =>
      write(entry, async (from, to) => {
        const first = await link(from, to).then(
          () => true,
          (error: NodeJS.ErrnoException) => (error.code === "EEXIST" ? false : Promise.reject(error)),
        );
        if (first) return entry;
        const found = await readFile(fileOf(entry));
        if (found === undefined) throw new KeysError("KEYS_STORE_MALFORMED", "A key vanished while it was made; try again.");
        return found;
      }),
    replace: (entry) => write(entry, rename),
  };
}
