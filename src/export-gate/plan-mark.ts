import { createHmac } from "node:crypto";
import type { Keystore } from "../keys/index.ts";

/**
 * What stands for a plan in rows, events and packages: HMAC-SHA-256 (base64url) of its digest under the
 * agreement's record key. The digest alone could be guessed: whoever knows the form of a statement tries
 * the values of its parameters.
 */
export async function markPlan(keys: Keystore, agreement: string, digest: string): Promise<string> {
  const key = await keys.secret("agreement-record", agreement);
  return createHmac("sha256", key).update(`plan-digest\0${digest}`).digest("base64url");
}
