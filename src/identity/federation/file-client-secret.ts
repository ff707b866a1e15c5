import { open } from "node:fs/promises";
import { IdentityError } from "../errors.ts";

const maxBytes = 4096;

/**
 * The platform's secret at an issuer, read at each sign-in, so that a new one needs no restart. A
 * file that others on the machine can read, or an empty one, is refused.
 * Throws `IDENTITY_CLIENT_SECRET_UNREADABLE`.
 */
export async function readClientSecret(path: string): Promise<string> {
  const wrong = (problem: string, cause?: unknown): IdentityError =>
    new IdentityError("IDENTITY_CLIENT_SECRET_UNREADABLE", `The client secret ${path} ${problem}.`, { cause });
  const file = await open(path, "r").catch((cause: unknown) => {
    throw wrong("cannot be read", cause);
  });
  try {
    const { mode, size } = await file.stat();
    if ((mode & 0o077) !== 0) throw wrong("can be read by others; give it the mode 0600");
    if (size > maxBytes) throw wrong("is too long to be a secret");
    const secret = (await file.readFile("utf8")).trim();
    if (secret === "") throw wrong("is empty");
    return secret;
  } finally {
    await file.close();
  }
}
