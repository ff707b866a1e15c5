import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Random } from "../kernel/index.ts";

/** Passwords of the embedded server's two roles; made once, readable by the service only. */
export interface Credentials {
  readonly owner: string;
  readonly service: string;
}

/** Reads the passwords beside the cluster, or makes them at first start (mode 0600). */
export async function loadCredentials(path: string, random: Random): Promise<Credentials> {
  const stored = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) =>
    error.code === "ENOENT" ? undefined : Promise.reject(error),
  );
  if (stored !== undefined) return JSON.parse(stored) as Credentials;
  const secret = () => Buffer.from(random.bytes(32)).toString("base64url");
  const made: Credentials = { owner: secret(), service: secret() };
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, JSON.stringify(made), { mode: 0o600, flag: "wx" });
  return made;
}
