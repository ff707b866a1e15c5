import { open } from "node:fs/promises";
import { isAbsolute, relative, resolve, sep } from "node:path";
import type { Random } from "../kernel/index.ts";
import { KeysError } from "./errors.ts";
import { readIfThere } from "./file-read.ts";

export const rootKeyBytes = 32;

/**
 * Reads the root key, or makes it (mode 0600) when `mayCreate`. It must not lie in the data
 * folder: whoever steals a disk or a backup of the data would hold the key too.
 */
export async function loadRootKey(path: string, dataDir: string, mayCreate: boolean, random: Random): Promise<Uint8Array> {
  const way = relative(resolve(dataDir), resolve(path));
  if (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way))
    throw new KeysError(
      "KEYS_ROOT_INSIDE_DATA",
      `The root key ${path} lies inside the data folder. Choose a --key-file outside of ${dataDir}.`,
    );
  const stored = await readIfThere(path);
  if (stored === undefined) {
    if (!mayCreate)
      throw new KeysError(
        "KEYS_ROOT_MISSING",
        `The data folder has keys, but their root key ${path} is not there. Put it back, or name it with --key-file.`,
      );
    return createRootKey(path, random);
  }
  const key = Buffer.from(stored.trim(), "base64url");
  if (key.length !== rootKeyBytes)
    throw new KeysError("KEYS_ROOT_MALFORMED", `The root key ${path} does not hold ${rootKeyBytes} bytes in base64url.`);
  return key;
}

async function createRootKey(path: string, random: Random): Promise<Uint8Array> {
  const key = random.bytes(rootKeyBytes);
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(`${Buffer.from(key).toString("base64url")}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return key;
}
