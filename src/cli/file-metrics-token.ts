import { createHash, timingSafeEqual } from "node:crypto";
import { open, readFile } from "node:fs/promises";
import type { Random } from "../kernel/index.ts";

/** Whether a text is the token of whoever watches the platform. */
export type IsMetricsToken = (bearer: string) => boolean;

const tokenBytes = 32;
const form = /^hgm_[\w-]{43}$/;
const hash = (text: string): Buffer => createHash("sha256").update(text).digest();

/**
 * The token that opens `/metrics` and nothing else, in a file (mode 0600) that is made at first start.
 * It belongs to no account: a watcher of the machine is no operator, and a service key is always one's.
 */
export async function openMetricsToken({
  path,
  random,
}: {
  readonly path: string;
  readonly random: Random;
}): Promise<IsMetricsToken> {
  const file = await open(path, "wx", 0o600).catch((error: NodeJS.ErrnoException) => {
    // Another gateway of the same folder was first.
    if (error.code === "EEXIST") return undefined;
    throw error;
  });
  if (file !== undefined)
    try {
      await file.writeFile(`hgm_${Buffer.from(random.bytes(tokenBytes)).toString("base64url")}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  const token = (await readFile(path, "utf8")).trim();
  // A file cut short is no token: an empty one would be matched by an empty guess.
  if (!form.test(token)) return () => false;
  const wanted = hash(token);
  return (bearer) => timingSafeEqual(hash(bearer), wanted);
}
