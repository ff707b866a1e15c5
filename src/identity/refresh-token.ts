import { type Random, sha256 } from "../kernel/index.ts";

/** A refresh token: 256 random bits; the store keeps its hash only. */
export interface RefreshToken {
  readonly text: string;
  readonly hash: Buffer;
}

/** Unsalted SHA-256 is enough: nobody guesses 256 random bits. */
export const hashRefreshToken = (text: string): Buffer => Buffer.from(sha256(text));

/** The prefix lets scanners of leaked texts know it for what it is. */
export function makeRefreshToken(random: Random): RefreshToken {
  const text = `hgr_${Buffer.from(random.bytes(32)).toString("base64url")}`;
  return { text, hash: hashRefreshToken(text) };
}
