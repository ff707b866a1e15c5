import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";

/** The Parquet file of a query's rows, as another DuckDB would write it. */
export async function parquetOf(query: string, options = ""): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), "hg-parquet-"));
  try {
    const path = join(folder, "file.parquet");
    const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
    const connection = await instance.connect();
    await connection.run(`COPY (${query}) TO '${path}' (FORMAT parquet${options === "" ? "" : `, ${options}`})`);
    connection.closeSync();
    instance.closeSync();
    return await readFile(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
