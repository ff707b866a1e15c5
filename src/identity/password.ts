import { type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";
import type { Random } from "../kernel/index.ts";
import { IdentityError } from "./errors.ts";

export interface Passwords {
  /** The password as `$scrypt$ln=17,r=8,p=1$salt$hash` (PHC string format, base64 without padding). */
  hash(password: string): Promise<string>;
  /** Whether the password is the stored one; without a stored one, "no" after the same work. */
  verify(password: string, stored: string | undefined): Promise<boolean>;
}

interface Parameters {
  readonly log2Cost: number;
  readonly blockSize: number;
  readonly parallel: number;
}

// OWASP's scrypt parameters (N = 2^17, r = 8, p = 1): 128 MiB, about a third of a second here.
const usual: Parameters = { log2Cost: 17, blockSize: 8, parallel: 1 };
const keyBytes = 32;
const saltBytes = 16;
/** A flood of logins must not take the memory (128 MiB each) or all four threads that files and names need too. */
const derivationsAtOnce = 2;

function derive(password: string, salt: Uint8Array, { log2Cost, blockSize: r, parallel: p }: Parameters): Promise<Buffer> {
  const options: ScryptOptions = { N: 2 ** log2Cost, r, p, maxmem: 256 * 2 ** log2Cost * r };
  return new Promise((resolve, reject) =>
    // NFKC, so that the same characters typed on another keyboard are the same password.
    scrypt(password.normalize("NFKC"), salt, keyBytes, options, (error, key) => (error === null ? resolve(key) : reject(error))),
  );
}

/** Lets `places` tasks run; the others wait in their order. */
function createQueue(places: number): <T>(task: () => Promise<T>) => Promise<T> {
  let free = places;
  const waiting: (() => void)[] = [];
  const leave = (): void => {
    const next = waiting.shift();
    // The place passes straight to the next, so that no newcomer slips in between.
    if (next === undefined) free++;
    else next();
  };
  return async (task) => {
    if (free > 0) free--;
    else await new Promise<void>((enter) => waiting.push(enter));
    try {
      return await task();
    } finally {
      leave();
    }
  };
}

const stored = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,})\$([A-Za-z0-9+/]{43})$/;

function parse(hash: string): Parameters & { readonly salt: Buffer; readonly key: Buffer } {
  const [, cost, r, p, salt = "", key = ""] = stored.exec(hash) ?? [];
  if (cost === undefined)
    throw new IdentityError(
      "IDENTITY_PASSWORD_HASH_MALFORMED",
      "A stored password hash is not in the form that this version writes.",
    );
  return {
    log2Cost: Number(cost),
    blockSize: Number(r),
    parallel: Number(p),
    salt: Buffer.from(salt, "base64"),
    key: Buffer.from(key, "base64"),
  };
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64").replaceAll("=", "");

const format = ({ log2Cost, blockSize, parallel }: Parameters, salt: Uint8Array, key: Uint8Array): string =>
  `$scrypt$ln=${log2Cost},r=${blockSize},p=${parallel}$${text(salt)}$${text(key)}`;

export interface PasswordDeps {
  readonly random: Random;
  /** log2 of scrypt's N for new hashes. No setting: only a test that measures nothing of it asks for less than the usual. */
  readonly log2Cost?: number | undefined;
}

export function createPasswords(deps: PasswordDeps): Passwords {
  const queued = createQueue(derivationsAtOnce);
  const current: Parameters = { ...usual, log2Cost: deps.log2Cost ?? usual.log2Cost };
  // Nobody has it; an unknown login costs as much as a wrong password.
  const nobodys = format(current, deps.random.bytes(saltBytes), deps.random.bytes(keyBytes));
  return {
    hash: (password) =>
      queued(async () => {
        const salt = deps.random.bytes(saltBytes);
        return format(current, salt, await derive(password, salt, current));
      }),
    verify: (password, hash) =>
      queued(async () => {
        const expected = parse(hash ?? nobodys);
        const actual = await derive(password, expected.salt, expected);
        return timingSafeEqual(expected.key, actual) && hash !== undefined;
      }),
  };
}
