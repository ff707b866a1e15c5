import { createHash } from "node:crypto";
import type { Keystore } from "../keys/index.ts";

const contextOf = (job: string): string => `job/${job}/sql`;

/** The statement at rest: sealed under the agreement's record key, which outlives the data (Art. 36). */
export function sealStatement(keys: Keystore, agreement: string, job: string, sql: string): Promise<Buffer> {
  return keys.seal("agreement-record", agreement, Buffer.from(sql, "utf8"), contextOf(job));
}

export async function unsealStatement(keys: Keystore, agreement: string, job: string, sealed: Uint8Array): Promise<string> {
  return (await keys.unseal("agreement-record", agreement, sealed, contextOf(job))).toString("utf8");
}

/** What events say of a statement: SHA-256 over a salt and the text, so that a short text cannot be guessed. */
export function hashStatement(salt: Uint8Array, sql: string): string {
  return `${Buffer.from(salt).toString("base64url")}.${createHash("sha256").update(salt).update(sql, "utf8").digest("base64url")}`;
}
