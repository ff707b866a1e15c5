import { createCipheriv, createDecipheriv } from "node:crypto";
import type { Random } from "../kernel/index.ts";
import { KeysError } from "./errors.ts";

/** Stored with every ciphertext, so that another algorithm can stand beside it. */
export const sealAlgorithm = "AES-256-GCM";
const version = 1;
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Encrypts under a 32-byte key: version byte ‖ 12-byte nonce ‖ ciphertext ‖ 16-byte tag
 * (NIST SP 800-38D). `context` is authenticated, so a ciphertext cannot be moved to another place.
 */
export function seal(key: Uint8Array, plaintext: Uint8Array, context: string, random: Random): Buffer {
  const nonce = random.bytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([Uint8Array.of(version), nonce, body, cipher.getAuthTag()]);
}

/** The plaintext, or `KEYS_SEAL_BROKEN` for a wrong key, place or altered byte (told apart by nothing). */
export function unseal(key: Uint8Array, sealed: Uint8Array, context: string): Buffer {
  try {
    const bytes = Buffer.from(sealed);
    if (bytes[0] !== version) throw new RangeError("version");
    const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(1, 1 + nonceBytes), { authTagLength: tagBytes });
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes));
    const body = bytes.subarray(1 + nonceBytes, bytes.length - tagBytes);
    return Buffer.concat([decipher.update(body), decipher.final()]);
  } catch (cause) {
    throw new KeysError("KEYS_SEAL_BROKEN", "The sealed text does not open with this key in this place.", { cause });
  }
}
