import { createHash } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { DemoError } from "./demo-error.ts";

/** A finished file. */
export interface WrittenFile {
  readonly path: string;
  /** Without the header. */
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

const chunkChars = 1 << 18;

/**
 * Writes a CSV file row by row with one chunk in memory. It gets its name only when it is complete,
 * so that what a broken run leaves is never handed in. Cells must need no quotes; rows end in LF.
 */
export async function writeCsv(path: string, header: readonly string[], rows: Iterable<string>): Promise<WrittenFile> {
  const partial = `${path}.partial`;
  try {
    const file = await open(partial, "w", 0o600);
    const hash = createHash("sha256");
    let bytes = 0;
    let count = 0;
    let text = `${header.join(",")}\n`;
    const flush = async () => {
      const chunk = Buffer.from(text);
      text = "";
      hash.update(chunk);
      bytes += chunk.length;
      await file.writeFile(chunk);
    };
    try {
      for (const row of rows) {
        text += `${row}\n`;
        count++;
        if (text.length >= chunkChars) await flush();
      }
      await flush();
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
    return { path, rows: count, bytes, sha256: hash.digest("hex") };
  } catch (cause) {
    await rm(partial, { force: true });
    if (cause instanceof DemoError) throw cause;
    throw new DemoError("DEMO_WRITE", `could not write ${path}: is the folder writable and the disk not full?`, { cause });
  }
}

/** Fen as yuan with two decimals, without a detour over binary fractions. */
export function yuan(fen: number): string {
  const cents = fen % 100;
  return `${(fen - cents) / 100}.${cents < 10 ? "0" : ""}${cents}`;
}
