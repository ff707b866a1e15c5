import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { KernelError } from "./errors.ts";
import { sha256OfParts } from "./sha256.ts";

/** Whoever can sign notes: the key itself stays with the keystore. */
export interface NoteSigner {
  readonly name: string;
  /** 8 lower-case hex digits. */
  readonly keyId: string;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

/** A key that notes are held against. */
export interface NoteVerifier {
  readonly name: string;
  readonly keyId: string;
  readonly verify: (message: Uint8Array, signature: Uint8Array) => boolean;
}

const ed25519 = 0x01;
const publicKeyLength = 32;

/** Non-empty, no Unicode space, no plus sign, no control character (c2sp.org/signed-note). */
export function isKeyName(name: string): boolean {
  return /^[^\s+\p{Cc}]+$/u.test(name) && name.isWellFormed();
}

/** First 4 bytes of SHA-256(name ‖ LF ‖ 0x01 ‖ public key), in hex. */
export function noteKeyId(name: string, publicKey: Uint8Array): string {
  const head = sha256OfParts(new TextEncoder().encode(`${name}\n`), Uint8Array.of(ed25519), publicKey);
  return Buffer.from(head.subarray(0, 4)).toString("hex");
}

/** The key's public text `<name>+<key id>+<base64>`, to be published and pinned by verifiers. */
export function formatVerifierKey(name: string, publicKey: Uint8Array): string {
  checkKey(name, publicKey);
  const blob = Buffer.concat([Uint8Array.of(ed25519), publicKey]);
  return `${name}+${noteKeyId(name, publicKey)}+${blob.toString("base64")}`;
}

/** Reads an Ed25519 verifier key. Throws `KERNEL_NOTE_MALFORMED`: a trusted key comes from our own settings. */
export function parseVerifierKey(text: string): NoteVerifier & { readonly publicKey: Uint8Array } {
  // The base64 part may hold plus signs too: only the first two divide.
  const [, name, keyId, base64] = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/u.exec(text) ?? [];
  if (name === undefined || keyId === undefined || base64 === undefined) {
    throw malformed("a verifier key reads <name>+<8 hex digits>+<base64>");
  }
  const blob = Buffer.from(base64, "base64");
  if (blob[0] !== ed25519 || blob.toString("base64") !== base64) throw malformed("not an Ed25519 verifier key");
  const publicKey = new Uint8Array(blob.subarray(1));
  checkKey(name, publicKey);
  if (noteKeyId(name, publicKey) !== keyId) throw malformed("the key id does not belong to this name and key");
  const key = publicKeyObject(publicKey);
  return { name, keyId, publicKey, verify: (message, signature) => verify(null, message, key, signature) };
}

/** A signer for an Ed25519 private key, and the verifier key that goes with it. */
export function createNoteSigner(name: string, privateKey: KeyObject): NoteSigner & { readonly verifierKey: string } {
  if (privateKey.type !== "private" || privateKey.asymmetricKeyType !== "ed25519") {
    throw malformed("notes are signed with an Ed25519 private key");
  }
  const x = createPublicKey(privateKey).export({ format: "jwk" }).x;
  const publicKey = new Uint8Array(Buffer.from(x ?? "", "base64url"));
  const verifierKey = formatVerifierKey(name, publicKey);
  return {
    name,
    keyId: noteKeyId(name, publicKey),
    verifierKey,
    sign: (message) => new Uint8Array(sign(null, message, privateKey)),
  };
}

/** The Ed25519 private key of a 32-byte seed (RFC 8032), as a key object. */
export function ed25519KeyOfSeed(seed: Uint8Array): KeyObject {
  if (seed.length !== publicKeyLength) throw malformed("an Ed25519 seed has 32 bytes");
  // PKCS #8 is a fixed head and the seed (RFC 8410 §7).
  const head = Buffer.from("302e020100300506032b657004220420", "hex");
  return createPrivateKey({ key: Buffer.concat([head, seed]), format: "der", type: "pkcs8" });
}

function publicKeyObject(publicKey: Uint8Array): KeyObject {
  const x = Buffer.from(publicKey).toString("base64url");
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
}

function checkKey(name: string, publicKey: Uint8Array): void {
  if (!isKeyName(name)) throw malformed("a key name is non-empty, without spaces and plus signs");
  if (publicKey.length !== publicKeyLength) throw malformed("an Ed25519 public key has 32 bytes");
}

function malformed(message: string): KernelError {
  return new KernelError("KERNEL_NOTE_MALFORMED", message);
}
