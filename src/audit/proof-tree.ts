import { sql } from "kysely";
import { nodeHash, rootOfLeaves } from "../kernel/index.ts";
import type { Store } from "../store/index.ts";
import { AuditError } from "./errors.ts";

/** Roots and proofs of the log's tree, from the leaf hashes that the store holds. */
export interface ProofTree {
  /** Root of the first `size` leaves. Throws `AUDIT_LOG_BROKEN` where one is missing. */
  root(size: number): Promise<Uint8Array>;
  /** Hashes from leaf `index` up to the root of the first `size` leaves (RFC 6962 §2.1.1). */
  inclusion(index: number, size: number): Promise<readonly Uint8Array[]>;
}

/** Leaves of one tile (c2sp.org/tlog-tiles). */
const tileWidth = 256;
const hashBytes = 32;
const tilesPerQuery = 256;

/**
 * Keeps the roots of full tiles and what stands above them: two hashes per 256 leaves, 8,000 a
 * million. A proof reads two tiles besides. What was once read is never read again, so a leaf that
 * is altered in the store while the platform runs cannot lead it to sign an inconsistent tree.
 */
export function createProofTree(store: Store): ProofTree {
  // levels[k][i]: root of the i-th perfect subtree of 256 · 2^k leaves.
  const levels: Uint8Array[][] = [[]];

  const push = (tileRoot: Uint8Array): void => {
    let node = tileRoot;
    for (let level = 0; ; level++) {
      levels[level] ??= [];
      const row = levels[level] ?? [];
      row.push(node);
      const left = row.at(-2);
      if (row.length % 2 === 1 || left === undefined) return;
      node = nodeHash(left, node);
    }
  };

  const readTiles = async (first: number, count: number, size: number): Promise<Map<number, readonly Uint8Array[]>> => {
    const end = Math.min((first + count) * tileWidth, size);
    const rows = await sql<{ tile: string; hashes: Buffer }>`
      SELECT leaf_index / ${tileWidth} AS tile, string_agg(leaf_hash, ''::bytea ORDER BY leaf_index) AS hashes
      FROM audit_leaf WHERE leaf_index >= ${first * tileWidth} AND leaf_index < ${end} GROUP BY 1`.execute(store.db);
    const tiles = new Map(rows.rows.map(({ tile, hashes }) => [Number(tile), hashesOf(hashes)]));
    for (let tile = first; tile * tileWidth < end; tile++)
      if (tiles.get(tile)?.length !== Math.min(tileWidth, size - tile * tileWidth))
        throw new AuditError("AUDIT_LOG_BROKEN", `Leaves of the log are missing from index ${tile * tileWidth} on.`);
    return tiles;
  };

  const extend = async (size: number): Promise<void> => {
    const full = Math.floor(size / tileWidth);
    for (let known = levels[0]?.length ?? 0; known < full; known = levels[0]?.length ?? 0) {
      const count = Math.min(tilesPerQuery, full - known);
      const tiles = await readTiles(known, count, size);
      for (let tile = known; tile < known + count; tile++) push(rootOfLeaves(tiles.get(tile) ?? []));
    }
  };
  let tail: Promise<void> = Promise.resolve();
  const extended = (size: number): Promise<void> => {
    const begun = tail.then(() => extend(size));
    tail = begun.catch(() => undefined);
    return begun;
  };

  type Tiles = ReadonlyMap<number, readonly Uint8Array[]>;
  const hashOf = (tiles: Tiles, from: number, to: number): Uint8Array => {
    const width = to - from;
    const level = Math.log2(width / tileWidth);
    // RFC 6962 cuts at powers of two, so a part that is as wide as one is a perfect subtree.
    const kept = Number.isInteger(level) && level >= 0 ? levels[level]?.[from / width] : undefined;
    if (kept !== undefined) return kept;
    if (width > tileWidth) {
      const middle = from + splitPoint(width);
      return nodeHash(hashOf(tiles, from, middle), hashOf(tiles, middle, to));
    }
    const tile = Math.floor(from / tileWidth);
    return rootOfLeaves((tiles.get(tile) ?? []).slice(from - tile * tileWidth, to - tile * tileWidth));
  };
  const tilesFor = async (places: readonly number[], size: number): Promise<Tiles> => {
    const tiles = new Map<number, readonly Uint8Array[]>();
    for (const tile of new Set(places.map((place) => Math.floor(place / tileWidth))))
      for (const [at, hashes] of await readTiles(tile, 1, size)) tiles.set(at, hashes);
    return tiles;
  };

  return {
    root: async (size) => {
      if (size === 0) return rootOfLeaves([]);
      await extended(size);
      return hashOf(size % tileWidth === 0 ? new Map() : await tilesFor([size - 1], size), 0, size);
    },
    inclusion: async (index, size) => {
      await extended(size);
      const tiles = await tilesFor([index, size - 1], size);
      const proof: Uint8Array[] = [];
      let [from, to] = [0, size];
      while (to - from > 1) {
        const middle = from + splitPoint(to - from);
        if (index < middle) {
          proof.push(hashOf(tiles, middle, to));
          to = middle;
        } else {
          proof.push(hashOf(tiles, from, middle));
          from = middle;
        }
      }
      return proof.reverse();
    },
  };
}

function hashesOf(bytes: Uint8Array): readonly Uint8Array[] {
  const hashes: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += hashBytes) hashes.push(bytes.slice(at, at + hashBytes));
  return hashes;
}

/** Greatest power of two below n (n ≥ 2). */
function splitPoint(n: number): number {
  return 2 ** Math.floor(Math.log2(n - 1));
}
