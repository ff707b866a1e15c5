import { createHash } from "node:crypto";

/** A seeded stream of numbers; the same seed and label give the same stream on every machine. */
export interface SeededRandom {
  /** Uniform in [0, 1), 32 bits. */
  unit(): number;
  /** Uniform whole number in [0, below). */
  below(below: number): number;
  /** Standard normal. */
  normal(): number;
  /** Log-normal with this median; sigma is the spread of the logarithm. */
  logNormal(median: number, sigma: number): number;
  /** One of the items, evenly. */
  pick<T>(items: readonly T[]): T;
}

/**
 * xoshiro128** (Blackman and Vigna 2018). For test data only: its state can be computed from its
 * output, so nothing that protects anything may use it.
 */
export function createSeededRandom(seed: string, label: string): SeededRandom {
  const digest = createHash("sha256").update(`${seed}\n${label}`).digest();
  let s0 = digest.readInt32LE(0);
  let s1 = digest.readInt32LE(4);
  let s2 = digest.readInt32LE(8);
  let s3 = digest.readInt32LE(12) | 1; // the state must not be all zero
  let spare: number | undefined;

  function next(): number {
    const product = Math.imul(s1, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= shifted;
    s3 = (s3 << 11) | (s3 >>> 21);
    return result;
  }

  function unit(): number {
    return next() / 0x1_0000_0000;
  }

  function normal(): number {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    // Box–Muller; 1 − u lies in (0, 1], so that the logarithm is finite.
    const radius = Math.sqrt(-2 * Math.log(1 - unit()));
    const angle = 2 * Math.PI * unit();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  function below(limit: number): number {
    return Math.floor(unit() * limit);
  }

  function pick<T>(items: readonly T[]): T {
    const item = items[below(items.length)];
    if (item === undefined) throw new RangeError("nothing to pick from");
    return item;
  }

  return {
    unit,
    below,
    normal,
    logNormal: (median, sigma) => median * Math.exp(sigma * normal()),
    pick,
  };
}
