import { readFile } from "node:fs/promises";

/**
 * A file's text, or undefined where there is none. Any other failure is thrown: a key that cannot be
 * read now must not be taken for one that was never made.
 */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
