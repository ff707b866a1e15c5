import type { Random } from "../kernel/index.ts";
import { type DatabaseDump, loadDump } from "./pg-dump.ts";
import { openEmbedded } from "./pg-embedded.ts";
import { fillExternal } from "./pg-external.ts";

/**
 * Makes a store from a dump: a new embedded server in `dataDir`, or the empty database that the
 * owner's url names. Throws `STORE_NOT_EMPTY`, `STORE_DUMP_DAMAGED`, `STORE_DUMP_FOREIGN`.
 */
export async function restoreStore(options: {
  readonly dataDir: string;
  readonly random: Random;
  readonly ownerUrl: string | undefined;
  readonly dump: DatabaseDump;
  /** Where the dump's tables lie. */
  readonly folder: string;
}): Promise<void> {
  const { dataDir, random, ownerUrl, dump, folder } = options;
  if (ownerUrl !== undefined) return fillExternal(ownerUrl, (owner) => loadDump(owner, dump, folder));
  const server = await openEmbedded({ dataDir, random, log: () => undefined, schema: (owner) => loadDump(owner, dump, folder) });
  await server.release();
}
