import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SetupCode } from "../identity/index.ts";
import type { Random } from "../kernel/index.ts";

/** The one-time code of the first start, in a file that only the service's account can read (0600). */
export function createSetupCode(dataDir: string, random: Random): SetupCode & { readonly path: string; make(): Promise<void> } {
  const path = join(dataDir, "first-admin-code");
  return {
    path,
    make: async () => {
      const code = Buffer.from(random.bytes(24)).toString("base64url");
      // A code from an earlier start that nobody used stays valid.
      await writeFile(path, `${code}\n`, { mode: 0o600, flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "EEXIST") throw error;
      });
    },
    read: () =>
      readFile(path, "utf8").then(
        (text) => text.trim(),
        () => undefined,
      ),
    consume: () => rm(path, { force: true }),
  };
}
