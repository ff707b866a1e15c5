import { createHmac } from "node:crypto";
import { type Random, sha256 } from "../kernel/index.ts";
import { seal, unseal } from "../keys/index.ts";

/** A refresh token: 128 random bits that all of its session share, then 256 of its own; the store keeps hashes only. */
export interface RefreshToken {
  readonly text: string;
  readonly hash: Buffer;
  readonly family: Buffer;
}

const familyBytes = 16;
const ownBytes = 32;
/** The prefix lets scanners of leaked texts know it for what it is. */
const prefix = "hgr_";

/** Unsalted SHA-256 is enough: nobody guesses 256 random bits, nor 128. */
export const hashRefreshToken = (text: string): Buffer => Buffer.from(sha256(text));

const sharedPart = (text: string): Buffer => Buffer.from(text.slice(prefix.length), "base64url").subarray(0, familyBytes);
/** Hash of what a token shares with the others of its session; of any other text it is nobody's. */
export const hashRefreshFamily = (text: string): Buffer =>
  Buffer.from(sha256(`refresh-family:${sharedPart(text).toString("hex")}`));

/** A session's first token, or the one after `before`. */
export function makeRefreshToken(random: Random, before?: string): RefreshToken {
  const shared = before === undefined ? random.bytes(familyBytes) : sharedPart(before);
  const text = `${prefix}${Buffer.concat([shared, random.bytes(ownBytes)]).toString("base64url")}`;
  return { text, hash: hashRefreshToken(text), family: hashRefreshFamily(text) };
}

/** Known to whoever holds the token, and not to the store, which has its plain hash. */
const successorKey = (before: string): Buffer => createHmac("sha256", before).update("refresh-successor").digest();
const contextOf = (session: string): string => `session/${session}/successor`;

/** A token that only the holder of the one before can read. */
export function sealSuccessor(session: string, before: string, next: string, random: Random): Buffer {
  return seal(successorKey(before), Buffer.from(next), contextOf(session), random);
}

export function openSuccessor(session: string, before: string, sealed: Uint8Array): string {
  return unseal(successorKey(before), sealed, contextOf(session)).toString();
}
