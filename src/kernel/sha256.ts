import { createHash, hash } from "node:crypto";

/** Bytes of every hash here. */
export const sha256Length = 32;

/** SHA-256 of bytes, or of a text's UTF-8 (a lone surrogate counts as U+FFFD, as TextEncoder has it). */
export function sha256(data: Uint8Array | string): Uint8Array {
  return new Uint8Array(hash("sha256", data, "buffer"));
}

/** SHA-256 as 64 lower-case hex digits. */
export function sha256Hex(data: Uint8Array | string): string {
  return hash("sha256", data, "hex");
}

/** SHA-256 of the parts put end to end, without copying them into one. */
export function sha256OfParts(...parts: readonly Uint8Array[]): Uint8Array {
  const state = createHash("sha256");
  for (const part of parts) state.update(part);
  return new Uint8Array(state.digest());
}
