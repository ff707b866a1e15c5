import type { Store } from "../store/index.ts";

const page = 50_000;

/**
 * The log's leaf hashes, read once and extended: 32 bytes a leaf in memory. Proofs are computed
 * from them; a million leaves take 32 MB and about a second for the first proof.
 */
export function createLeafHashes(store: Store): { upTo(size: number): Promise<readonly Uint8Array[]> } {
  const hashes: Uint8Array[] = [];
  const extend = async (size: number): Promise<void> => {
    while (hashes.length < size) {
      const rows = await store.db
        .selectFrom("audit_leaf")
        .select(["leaf_index", "leaf_hash"])
        .where("leaf_index", ">=", hashes.length.toString())
        .where("leaf_index", "<", Math.min(size, hashes.length + page).toString())
        .orderBy("leaf_index")
        .execute();
      if (rows.length === 0 || rows[0]?.leaf_index !== hashes.length.toString()) return;
      for (const { leaf_hash } of rows) hashes.push(new Uint8Array(leaf_hash));
    }
  };
  let tail: Promise<void> = Promise.resolve();
  return {
    upTo: async (size) => {
      const begun = tail.then(() => extend(size));
      tail = begun.catch(() => undefined);
      await begun;
      return hashes;
    },
  };
}
