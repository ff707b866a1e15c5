import { type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";
import type { Random } from "../kernel/index.ts";

// OWASP's scrypt parameters (N = 2^17, r = 8, p = 1: 128 MiB, about a third of a second here).
const log2Cost = 17;
const blockSize = 8;
const parallel = 1;
const keyBytes = 32;
const saltBytes = 16;

function derive(password: string, salt: Uint8Array, cost: number, r: number, p: number): Promise<Buffer> {
  const options: ScryptOptions = { N: 2 ** cost, r, p, maxmem: 256 * 2 ** cost * r };
  return new Promise((resolve, reject) =>
    // NFKC, so that the same characters typed on another keyboard are the same password.
    scrypt(password.normalize("NFKC"), salt, keyBytes, options, (error, key) => (error === null ? resolve(key) : reject(error))),
  );
}

/** The password as `$scrypt$ln=17,r=8,p=1$salt$hash` (PHC string format, base64 without padding). */
export async function hashPassword(password: string, random: Random): Promise<string> {
  const salt = random.bytes(saltBytes);
  const key = await derive(password, salt, log2Cost, blockSize, parallel);
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64").replaceAll("=", "");
  return `$scrypt$ln=${log2Cost},r=${blockSize},p=${parallel}$${text(salt)}$${text(key)}`;
}

const stored = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** Whether the password is the stored one; takes the same time whichever byte differs. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const [, cost, r, p, salt = "", key = ""] = stored.exec(hash) ?? [];
  if (cost === undefined) return false;
  const expected = Buffer.from(key, "base64");
  const actual = await derive(password, Buffer.from(salt, "base64"), Number(cost), Number(r), Number(p));
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

/** A hash that no password has: an unknown login costs as much as a wrong password. */
export const nobodysHash = `$scrypt$ln=${log2Cost},r=${blockSize},p=${parallel}$${"A".repeat(22)}$${"A".repeat(43)}`;
