import { KernelError } from "./errors.ts";
import { sha256, sha256Length, sha256OfParts } from "./sha256.ts";

/** A leaf's index or a tree's size: below 2^64; a `number` must be a safe integer. */
export type LeafCount = bigint | number;

const leafPrefix = Uint8Array.of(0);
const nodePrefix = Uint8Array.of(1);
const limit = 1n << 64n;

/** Root of the tree without leaves: SHA-256 of nothing (RFC 6962 §2.1). */
export function emptyRoot(): Uint8Array {
  return sha256("");
}

/** SHA-256(0x00 ‖ entry): the prefix keeps an entry from being passed off as an inner node. */
export function leafHash(entry: Uint8Array): Uint8Array {
  return sha256OfParts(leafPrefix, entry);
}

/** SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256OfParts(nodePrefix, left, right);
}

/** Merkle tree head of these leaf hashes, in order (RFC 6962 §2.1). */
export function rootOfLeaves(leaves: readonly Uint8Array[]): Uint8Array {
  return subtreeRoot(leaves, 0, leaves.length);
}

/**
 * Hashes that lead from leaf `index` to the root of the first `size` leaves, from the leaf up
 * (RFC 6962 §2.1.1). Throws `KERNEL_MERKLE_RANGE` unless index < size ≤ leaves.length.
 */
export function inclusionProof(leaves: readonly Uint8Array[], index: LeafCount, size: LeafCount): Uint8Array[] {
  const [at, end] = [arrayCount(index), arrayCount(size)];
  if (at >= end || end > leaves.length) throw rangeError(`no leaf ${index} in a tree of ${size}`);
  const proof: Uint8Array[] = [];
  let [from, to] = [0, end];
  while (to - from > 1) {
    const middle = from + splitPoint(to - from);
    if (at < middle) {
      proof.push(subtreeRoot(leaves, middle, to));
      to = middle;
    } else {
      proof.push(subtreeRoot(leaves, from, middle));
      from = middle;
    }
  }
  return proof.reverse();
}

/**
 * Hashes that show the first `size1` leaves to be a prefix of the first `size2` (RFC 6962 §2.1.2).
 * Throws `KERNEL_MERKLE_RANGE` unless 0 < size1 ≤ size2 ≤ leaves.length.
 */
export function consistencyProof(leaves: readonly Uint8Array[], size1: LeafCount, size2: LeafCount): Uint8Array[] {
  const [first, second] = [arrayCount(size1), arrayCount(size2)];
  if (first < 1 || first > second || second > leaves.length) {
    throw rangeError(`no consistency proof from ${size1} to ${size2} leaves`);
  }
  const proof: Uint8Array[] = [];
  let [from, to] = [0, second];
  while (to !== first) {
    const middle = from + splitPoint(to - from);
    if (first <= middle) {
      proof.push(subtreeRoot(leaves, middle, to));
      to = middle;
    } else {
      proof.push(subtreeRoot(leaves, from, middle));
      from = middle;
    }
  }
  // The old root itself is known to the verifier; any other shared subtree is not.
  if (from !== 0) proof.push(subtreeRoot(leaves, from, to));
  return proof.reverse();
}

export interface InclusionClaim {
  readonly leafHash: Uint8Array;
  readonly index: LeafCount;
  readonly size: LeafCount;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** Whether the proof leads from that leaf, at that index, to that root; false for anything malformed. */
export function verifyInclusion(claim: InclusionClaim): boolean {
  const [index, size] = [toCount(claim.index), toCount(claim.size)];
  if (index === undefined || size === undefined || index >= size) return false;
  if (!areHashes([claim.leafHash, ...claim.proof])) return false;
  const inner = bitLength(index ^ (size - 1n));
  if (claim.proof.length !== inner + onesOf(index >> BigInt(inner))) return false;
  let hash = claim.leafHash;
  for (const [level, sibling] of claim.proof.entries()) {
    const right = level >= inner || bitOf(index, level);
    hash = right ? nodeHash(sibling, hash) : nodeHash(hash, sibling);
  }
  return sameBytes(hash, claim.root);
}

export interface ConsistencyClaim {
  readonly size1: LeafCount;
  readonly size2: LeafCount;
  readonly root1: Uint8Array;
  readonly root2: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/**
 * Whether the proof shows tree 2 to extend tree 1; false for anything malformed, and for size1 = 0,
 * where any tree would do and nothing is proved.
 */
export function verifyConsistency(claim: ConsistencyClaim): boolean {
  const [size1, size2] = [toCount(claim.size1), toCount(claim.size2)];
  if (size1 === undefined || size2 === undefined || size1 === 0n || size1 > size2) return false;
  if (size1 === size2) return claim.proof.length === 0 && sameBytes(claim.root1, claim.root2);
  if (!areHashes(claim.proof)) return false;
  const shift = trailingZeros(size1);
  const inner = bitLength((size1 - 1n) ^ (size2 - 1n)) - shift;
  const border = onesOf((size1 - 1n) >> BigInt(inner + shift));
  const firstIsWhole = size1 === 1n << BigInt(shift);
  const path = firstIsWhole ? claim.proof : claim.proof.slice(1);
  const seed = firstIsWhole ? claim.root1 : claim.proof[0];
  if (seed === undefined || seed.length !== sha256Length) return false;
  if (path.length !== inner + border) return false;
  const mask = (size1 - 1n) >> BigInt(shift);
  let [hash1, hash2] = [seed, seed];
  for (const [level, sibling] of path.entries()) {
    if (level >= inner || bitOf(mask, level)) {
      hash1 = nodeHash(sibling, hash1);
      hash2 = nodeHash(sibling, hash2);
    } else {
      hash2 = nodeHash(hash2, sibling);
    }
  }
  return sameBytes(hash1, claim.root1) && sameBytes(hash2, claim.root2);
}

/** Root of leaves[from, to); depth is the logarithm of the width, so recursion is safe. */
function subtreeRoot(leaves: readonly Uint8Array[], from: number, to: number): Uint8Array {
  if (to === from) return emptyRoot();
  if (to - from === 1) {
    const leaf = leaves[from];
    if (leaf?.length !== sha256Length) throw rangeError(`leaf ${from} is not a SHA-256 hash`);
    return leaf;
  }
  const middle = from + splitPoint(to - from);
  return nodeHash(subtreeRoot(leaves, from, middle), subtreeRoot(leaves, middle, to));
}

/** Greatest power of two below n (n ≥ 2). */
function splitPoint(n: number): number {
  let power = 1;
  while (power * 2 < n) power *= 2;
  return power;
}

/** undefined for what cannot be a size: attackers write −1 as 2^64−1 and 2^53+1 as a rounded double. */
function toCount(value: LeafCount): bigint | undefined {
  if (typeof value === "number" && !Number.isSafeInteger(value)) return undefined;
  const count = BigInt(value);
  return count >= 0n && count < limit ? count : undefined;
}

function arrayCount(value: LeafCount): number {
  const count = toCount(value);
  if (count === undefined || count > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw rangeError(`${value} is not an index or a size`);
  }
  return Number(count);
}

function bitLength(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length;
}

function onesOf(value: bigint): number {
  return value.toString(2).replaceAll("0", "").length;
}

function trailingZeros(value: bigint): number {
  return bitLength(value & -value) - 1;
}

function bitOf(value: bigint, place: number): boolean {
  return ((value >> BigInt(place)) & 1n) === 1n;
}

function areHashes(hashes: readonly Uint8Array[]): boolean {
  return hashes.every((hash) => hash.length === sha256Length);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, place) => byte === b[place]);
}

function rangeError(message: string): KernelError {
  return new KernelError("KERNEL_MERKLE_RANGE", message);
}
