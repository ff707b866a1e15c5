import { type Random, sha256 } from "../kernel/index.ts";

/** Lets scanners of leaked texts, and our own door, know a service key for what it is. */
export const serviceKeyPrefix = "hgk_";

/** 256 random bits; unsalted SHA-256 is enough, nobody guesses them. */
export function makeServiceKeySecret(random: Random): { readonly text: string; readonly hash: Buffer } {
  const text = `${serviceKeyPrefix}${Buffer.from(random.bytes(32)).toString("base64url")}`;
  return { text, hash: hashServiceKeySecret(text) };
}

export const hashServiceKeySecret = (text: string): Buffer => Buffer.from(sha256(text));
