import { KernelError } from "./errors.ts";
import { emptyRoot, nodeHash } from "./merkle.ts";
import { sha256Length } from "./sha256.ts";

/** A frontier at rest: decimal size, and hex hashes of its perfect subtrees, widest first. */
export interface MerkleFrontierState {
  readonly size: string;
  readonly hashes: readonly string[];
}

const maxSize = 1n << 64n;

/**
 * The right edge of an RFC 6962 tree: all that is needed to append and to know the root, at most
 * 64 hashes. Immutable: `append` gives a new frontier, so that a sequencer whose transaction
 * rolled back still holds the old one.
 */
export class MerkleFrontier {
  static readonly empty: MerkleFrontier = new MerkleFrontier(0n, []);

  readonly size: bigint;
  readonly #hashes: readonly Uint8Array[];

  private constructor(size: bigint, hashes: readonly Uint8Array[]) {
    this.size = size;
    this.#hashes = hashes;
  }

  /** Throws `KERNEL_MERKLE_RANGE` for a state that no frontier could have. */
  static fromState(state: MerkleFrontierState): MerkleFrontier {
    if (!/^(0|[1-9][0-9]{0,19})$/.test(state.size)) throw stateError("size is no decimal number");
    const size = BigInt(state.size);
    if (size >= maxSize) throw stateError("size is 2^64 or more");
    const subtrees = size.toString(2).replaceAll("0", "").length;
    if (state.hashes.length !== subtrees) {
      throw stateError(`size ${size} takes ${subtrees} hashes, not ${state.hashes.length}`);
    }
    return new MerkleFrontier(size, state.hashes.map(parseHash));
  }

  /** The frontier with one more leaf hash on the right. */
  append(leafHash: Uint8Array): MerkleFrontier {
    if (leafHash.length !== sha256Length) throw stateError("a leaf hash has 32 bytes");
    const hashes = [...this.#hashes];
    let hash = new Uint8Array(leafHash);
    // Each trailing one of the size is a perfect subtree as wide as the one that was just completed.
    for (let rest = this.size; (rest & 1n) === 1n; rest >>= 1n) {
      const left = hashes.pop();
      if (left === undefined) throw stateError("fewer hashes than the size has ones");
      hash = new Uint8Array(nodeHash(left, hash));
    }
    hashes.push(hash);
    return new MerkleFrontier(this.size + 1n, hashes);
  }

  /** Root of all leaves appended so far. */
  get root(): Uint8Array {
    const root = this.#hashes.reduceRight<Uint8Array | undefined>(
      (right, left) => (right === undefined ? left : nodeHash(left, right)),
      undefined,
    );
    return root === undefined ? emptyRoot() : new Uint8Array(root);
  }

  toState(): MerkleFrontierState {
    return {
      size: this.size.toString(),
      hashes: this.#hashes.map((hash) => Buffer.from(hash).toString("hex")),
    };
  }

  toJSON(): MerkleFrontierState {
    return this.toState();
  }
}

function parseHash(hex: string): Uint8Array {
  if (!/^[0-9a-f]{64}$/.test(hex)) throw stateError("a hash is 64 lower-case hex digits");
  return new Uint8Array(Buffer.from(hex, "hex"));
}

function stateError(message: string): KernelError {
  return new KernelError("KERNEL_MERKLE_RANGE", `not a Merkle frontier: ${message}`);
}
