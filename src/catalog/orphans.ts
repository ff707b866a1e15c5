import type { CatalogContext } from "./context.ts";

export interface Orphans {
  /**
   * Removes what loads left that a crash cut off; tells how many folders that were. For the start:
   * one gateway owns a data folder (design §10), and loads under way in this process are left alone.
   */
  sweepOrphans(): Promise<number>;
}

/** Raw data without a row are known to nobody: no destruction would ever find them. */
export function createOrphans(context: CatalogContext, underWay: ReadonlySet<string>): Orphans {
  const { store, work, vault } = context;
  return {
    sweepOrphans: async () => {
      // Folders before rows: what is committed in between is then known.
      const folders = await vault.folders();
      const isUnderWay = (folder: string) => [...underWay].some((version) => folder.includes(version));
      const candidates = folders.filter((folder) => !isUnderWay(folder));
      const rows = await store.db.selectFrom("resource_version").select("id").execute();
      const known = new Set(rows.map(({ id }) => id));
      const orphans = candidates.filter((folder) => !known.has(folder));
      for (const orphan of orphans) {
        await vault.remove(orphan);
        await work.record({
          type: "vault.orphan-removed",
          actor: { kind: "system", component: "catalog" },
          object: orphan.slice(0, 100),
          outcome: "done",
        });
      }
      return orphans.length;
    },
  };
}
