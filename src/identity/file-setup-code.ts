import { open, readFile, rm } from "node:fs/promises";
import type { Random } from "../kernel/index.ts";
import { IdentityError } from "./errors.ts";
import type { SetupCode } from "./setup.ts";

export interface FileSetupCode extends SetupCode {
  /** Makes the code unless one waits already; call it while `needed()` says that the platform has no account. */
  offer(): Promise<void>;
}

const codeBytes = 20;
/** In fours, without the letters that look like digits: a person may have to type it. */
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

function makeCode(random: Random): string {
  // 32 divides 256, so every letter is as likely as another: 100 bits.
  const letters = Array.from(random.bytes(codeBytes), (byte) => alphabet[byte % alphabet.length]).join("");
  return (letters.match(/.{4}/g) ?? []).join("-");
}

const isMissing = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT";

/** The one-time code of the first start, in a file (mode 0600) that only the service's own account can read. */
export function openSetupCode(deps: { readonly path: string; readonly random: Random }): FileSetupCode {
  const { path, random } = deps;
  const read = async (): Promise<string | undefined> => {
    const text = await readFile(path, "utf8").catch((cause: unknown) => {
      if (isMissing(cause)) return undefined;
      throw new IdentityError("IDENTITY_SETUP_CODE_UNREADABLE", `The set-up code ${path} cannot be read.`, { cause });
    });
    // A file cut short by a crash is no code: an empty one would be matched by an empty guess.
    const code = text?.trim();
    return code?.length === codeBytes + codeBytes / 4 - 1 ? code : undefined;
  };
  return {
    read,
    consume: () => rm(path, { force: true }),
    offer: async () => {
      if ((await read()) !== undefined) return;
      await rm(path, { force: true });
      // Made anew, never written into: a file put there beforehand by another account would be theirs to read.
      const file = await open(path, "wx", 0o600);
      try {
        await file.writeFile(`${makeCode(random)}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
    },
  };
}
