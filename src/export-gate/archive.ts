import { unzipSync, zipSync } from "fflate";

/** First instant a ZIP can name: a package's bytes depend on its content only. */
const epoch = new Date("1980-01-01T00:00:00");
/** Largest package read back; a ZIP bomb stops here. */
const maxUnpackedBytes = 1024 * 1024 * 1024;

export function packFiles(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  return zipSync(files, { level: 6, mtime: epoch });
}

/** The files by name, or undefined where it is no archive, names a file twice, or unpacks to too much. */
export function unpackFiles(archive: Uint8Array): Readonly<Record<string, Uint8Array | undefined>> | undefined {
  let total = 0;
  const names = new Set<string>();
  try {
    return unzipSync(archive, {
      filter: ({ name, originalSize }) => {
        // Of two files of one name we would look at the last and another program might show the first.
        if (names.has(name)) throw new RangeError("named twice");
        names.add(name);
        total += originalSize;
        if (total > maxUnpackedBytes) throw new RangeError("too large");
        return true;
      },
    });
  } catch {
    return undefined;
  }
}
