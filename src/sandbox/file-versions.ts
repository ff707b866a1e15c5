import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** The Parquet files of a loaded version, in row order (their names number them). */
export async function listParquet(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".parquet"));
  return names.sort().map((name) => join(folder, name));
}
