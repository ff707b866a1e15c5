import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { Random } from "../kernel/index.ts";
import { KeysError } from "./errors.ts";
import { readIfThere } from "./file-read.ts";
import { loadRootKey } from "./file-root-key.ts";
import { seal, sealAlgorithm, unseal } from "./sealing.ts";

/**
 * What a key is for (design §7). `family-record`: record keys, the same for every agreement of a
 * family. `agreement-surrogate`: owner ids. `agreement-data`: results and packages; dies at
 * termination. `agreement-record`: SQL texts; dies when retention ends.
 */
export type SecretPurpose = "family-record" | "agreement-surrogate" | "agreement-data" | "agreement-record";
export type SigningPurpose = "token-signing" | "package-signing" | "log-signing";

export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** 32 bytes (RFC 8032). */
  readonly publicBytes: Uint8Array;
}

/** The embedded keystore; a KMS or HSM would stand behind the same interface. */
export interface Keystore {
  /** 32 secret bytes for one owner (a family, an agreement); made at first use. */
  secret(purpose: SecretPurpose, owner: string): Promise<Uint8Array>;
  /** An Ed25519 key of the platform; made at first use. */
  signing(purpose: SigningPurpose): Promise<SigningKey>;
  seal(purpose: SecretPurpose, owner: string, plaintext: Uint8Array, context: string): Promise<Buffer>;
  unseal(purpose: SecretPurpose, owner: string, sealed: Uint8Array, context: string): Promise<Buffer>;
  /** Removes a key for ever; what it sealed is gone, and asking for it again is an error. */
  destroy(purpose: SecretPurpose, owner: string): Promise<void>;
}

interface Entry {
  readonly purpose: SecretPurpose | SigningPurpose;
  readonly owner: string;
  readonly algorithm: string;
  /** base64 of the wrapped key; null once destroyed. */
  readonly wrapped: string | null;
}

interface KeystoreFile {
  readonly version: 1;
  readonly entries: readonly Entry[];
}

export interface KeystoreOptions {
  readonly path: string;
  readonly rootKeyPath: string;
  readonly dataDir: string;
  readonly random: Random;
}

const nameOf = (purpose: string, owner: string): string => `${purpose}/${owner}`;

async function readEntries(path: string): Promise<Map<string, Entry> | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  try {
    const file = JSON.parse(text) as KeystoreFile;
    return new Map(file.entries.map((entry) => [nameOf(entry.purpose, entry.owner), entry]));
  } catch (cause) {
    throw new KeysError("KEYS_STORE_MALFORMED", `The keystore ${path} is damaged; restore it from a backup.`, { cause });
  }
}

/** Replaces the file whole: written beside, synced, renamed, and the folder synced. */
async function writeEntries(path: string, entries: ReadonlyMap<string, Entry>): Promise<void> {
  const beside = `${path}.new`;
  const file = await open(beside, "w", 0o600);
  try {
    await file.writeFile(JSON.stringify({ version: 1, entries: [...entries.values()] } satisfies KeystoreFile));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Opens the keystore with its root key; makes both at first start. */
export async function openKeystore(options: KeystoreOptions): Promise<Keystore> {
  const stored = await readEntries(options.path);
  const root = await loadRootKey(options.rootKeyPath, options.dataDir, stored === undefined, options.random);
  let entries: ReadonlyMap<string, Entry> = stored ?? new Map();
  // One writer at a time: two first uses of a key must agree on one value.
  let tail: Promise<unknown> = Promise.resolve();

  const unwrap = (entry: Entry): Uint8Array => {
    if (entry.wrapped === null)
      throw new KeysError("KEYS_KEY_DESTROYED", `The key ${nameOf(entry.purpose, entry.owner)} was destroyed.`);
    try {
      return unseal(root, Buffer.from(entry.wrapped, "base64"), nameOf(entry.purpose, entry.owner));
    } catch (cause) {
      throw new KeysError("KEYS_ROOT_WRONG", "The root key does not open this keystore. Name the right one with --key-file.", {
        cause,
      });
    }
  };
  const write = async (entry: Entry): Promise<void> => {
    const next = new Map(entries).set(nameOf(entry.purpose, entry.owner), entry);
    await writeEntries(options.path, next);
    entries = next;
  };
  const serially = <T>(task: () => Promise<T>): Promise<T> => {
    const result = tail.then(task);
    tail = result.catch(() => undefined);
    return result;
  };
  const keyOf = (purpose: Entry["purpose"], owner: string, make: () => Uint8Array): Promise<Uint8Array> => {
    const found = entries.get(nameOf(purpose, owner));
    if (found !== undefined) return Promise.resolve().then(() => unwrap(found));
    return serially(async () => {
      const meanwhile = entries.get(nameOf(purpose, owner));
      if (meanwhile !== undefined) return unwrap(meanwhile);
      const key = make();
      const wrapped = seal(root, key, nameOf(purpose, owner), options.random).toString("base64");
      await write({ purpose, owner, algorithm: sealAlgorithm, wrapped });
      return key;
    });
  };
  const secret = (purpose: SecretPurpose, owner: string) => keyOf(purpose, owner, () => options.random.bytes(32));

  const first = [...entries.values()].find((entry) => entry.wrapped !== null);
  if (first !== undefined) unwrap(first);

  return {
    secret,
    signing: async (purpose) => {
      const der = await keyOf(purpose, "platform", () =>
        generateKeyPairSync("ed25519").privateKey.export({ format: "der", type: "pkcs8" }),
      );
      const privateKey = createPrivateKey({ key: Buffer.from(der), format: "der", type: "pkcs8" });
      const publicKey = createPublicKey(privateKey);
      const x = publicKey.export({ format: "jwk" }).x;
      return { privateKey, publicKey, publicBytes: Buffer.from(x ?? "", "base64url") };
    },
    seal: async (purpose, owner, plaintext, context) => seal(await secret(purpose, owner), plaintext, context, options.random),
    unseal: async (purpose, owner, sealed, context) => unseal(await secret(purpose, owner), sealed, context),
    destroy: (purpose, owner) => serially(() => write({ purpose, owner, algorithm: sealAlgorithm, wrapped: null })),
  };
}
