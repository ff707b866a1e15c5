import type { CatalogContext } from "./context.ts";

export interface Orphans {
  /**
   * Removes what loads of dead gateways left, at the start and whenever one dies; tells how many
   * folders that were. What a live one has under way is left alone.
   */
  sweepOrphans(): Promise<number>;
}

/** Raw data without a row are known to nobody: no destruction would ever find them. */
export function createOrphans({ store, work, vault, membership }: CatalogContext): Orphans {
  return {
    sweepOrphans: async () => {
      // Folders before gateways before rows: who began in between is then alive, and what was committed is known.
      const folders = await vault.folders();
      const alive = await membership.alive();
      const candidates = folders.filter(({ holder }) => holder === undefined || !alive.has(holder));
      const rows = await store.db.selectFrom("resource_version").select("id").execute();
      const known = new Set(rows.map(({ id }) => id));
      const orphans = candidates.filter(({ name }) => !known.has(name));
      for (const orphan of orphans) {
        await vault.remove(orphan);
        await work.record({
          type: "vault.orphan-removed",
          actor: { kind: "system", component: "catalog" },
          object: orphan.name.slice(0, 100),
          ...(orphan.holder === undefined ? {} : { links: { gateway: orphan.holder } }),
          outcome: "done",
        });
      }
      return orphans.length;
    },
  };
}
