import { createPublicKey, type KeyObject } from "node:crypto";
import { CompactSign, compactVerify } from "jose";

const header = { alg: "EdDSA", typ: "hanguang-manifest+json" } as const;

/** The manifest's bytes under a compact JWS (RFC 7515, EdDSA). */
export function signManifest(manifest: Uint8Array, key: KeyObject): Promise<string> {
  return new CompactSign(manifest).setProtectedHeader(header).sign(key);
}

/** The signed bytes, or undefined for any signature that is not this key's. */
export async function openManifest(jws: string, publicKey: Uint8Array): Promise<Uint8Array | undefined> {
  const key = createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(publicKey).toString("base64url") },
    format: "jwk",
  });
  try {
    const { payload, protectedHeader } = await compactVerify(jws.trim(), key, { algorithms: [header.alg] });
    return protectedHeader.typ === header.typ ? payload : undefined;
  } catch {
    return undefined;
  }
}
