import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import type { Random } from "../kernel/index.ts";
import { KeysError } from "./errors.ts";
import { type KeyEntry, openKeyEntries } from "./file-entries.ts";
import { loadRootKey } from "./file-root-key.ts";
import { seal, sealAlgorithm, unseal } from "./sealing.ts";

/**
 * What a key is for (design §7). `family-record`: record keys, the same for every agreement of a
 * family. `agreement-surrogate`: owner ids. `agreement-data`: results and packages; dies at
 * termination. `agreement-record`: SQL texts; dies when retention ends. `second-factor`: the secrets
 * people's authenticator apps share with the platform. `sign-in`: what a client keeps for the
 * platform while its browser is at an issuer. `upload`: the keys of files on their way. `idempotency`:
 * answers kept for repeated requests, and what names those.
 */
export type SecretPurpose =
  | "family-record"
  | "agreement-surrogate"
  | "agreement-data"
  | "agreement-record"
  | "second-factor"
  | "sign-in"
  | "upload"
  | "idempotency";
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

export interface KeystoreOptions {
  /** Folder of the wrapped keys, one file each; made at first use. Several gateways may share it. */
  readonly path: string;
  readonly rootKeyPath: string;
  readonly dataDir: string;
  readonly random: Random;
}

const nameOf = (purpose: string, owner: string): string => `${purpose}/${owner}`;

/** Opens the keystore with its root key; makes the latter at first start. */
export async function openKeystore(options: KeystoreOptions): Promise<Keystore> {
  const entries = openKeyEntries(options.path, options.random);
  const root = await loadRootKey(options.rootKeyPath, options.dataDir, await entries.isEmpty(), options.random);

  const unwrap = ({ purpose, owner, wrapped }: KeyEntry): Uint8Array => {
    if (wrapped === null) throw new KeysError("KEYS_KEY_DESTROYED", `The key ${nameOf(purpose, owner)} was destroyed.`);
    try {
      return unseal(root, Buffer.from(wrapped, "base64"), nameOf(purpose, owner));
    } catch (cause) {
      throw new KeysError("KEYS_ROOT_WRONG", "The root key does not open this keystore. Name the right one with --key-file.", {
        cause,
      });
    }
  };
  // Read anew each time: a key that another gateway destroyed must be gone here too.
  const keyOf = async (purpose: SecretPurpose | SigningPurpose, owner: string, make: () => Uint8Array): Promise<Uint8Array> => {
    const found = await entries.read(purpose, owner);
    if (found !== undefined) return unwrap(found);
    const wrapped = seal(root, make(), nameOf(purpose, owner), options.random).toString("base64");
    return unwrap(await entries.add({ purpose, owner, algorithm: sealAlgorithm, wrapped }));
  };
  const secret = (purpose: SecretPurpose, owner: string) => keyOf(purpose, owner, () => options.random.bytes(32));

  for await (const entry of entries.all()) {
    if (entry.wrapped === null) continue;
    unwrap(entry);
    break;
  }

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
    destroy: (purpose, owner) => entries.replace({ purpose, owner, algorithm: sealAlgorithm, wrapped: null }),
  };
}
