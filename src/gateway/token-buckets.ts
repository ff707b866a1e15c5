import type { Clock } from "../kernel/index.ts";

/** What a bucket says of one request. */
export interface Taken {
  readonly allowed: boolean;
  /** Requests that would be allowed now. */
  readonly remaining: number;
  /** Seconds until the whole quota is there again; for one that is not allowed: until the next is. */
  readonly seconds: number;
}

export interface TokenBuckets {
  readonly quota: number;
  readonly windowMs: number;
  take(key: string): Taken;
  /** Whether the next request would not be allowed; takes nothing. */
  isSpent(key: string): boolean;
  /** Buckets that are remembered. */
  readonly size: number;
}

/** A full table is looked through for buckets that are full again at most this often. */
const sweepMs = 1000;
/** Whoever comes when the table is full shares one bucket; no key of a caller is written so. */
const latecomers = "";

/**
 * Token buckets of `quota` requests that fill again evenly within the window (GCRA: of each bucket only
 * the instant at which it will be full is kept). A full bucket is forgotten. There are at most `most`:
 * strangers beyond share one, so that many addresses cost an attacker the others' room, and us nothing.
 */
export function createTokenBuckets(deps: {
  readonly quota: number;
  readonly windowMs: number;
  readonly most: number;
  readonly clock: Clock;
}): TokenBuckets {
  const { quota, windowMs, most, clock } = deps;
  const perRequestMs = windowMs / quota;
  /** Less than one request; takes up what the division leaves. */
  const slack = perRequestMs / 1000;
  const fullAt = new Map<string, number>();
  let sweptAt = Number.NEGATIVE_INFINITY;

  const sweep = (now: number): void => {
    // A clock that was set back must not stop the sweeping.
    if (Math.abs(now - sweptAt) < sweepMs) return;
    sweptAt = now;
    for (const [key, at] of fullAt) if (at <= now || at > now + windowMs + slack) fullAt.delete(key);
  };
  const keyInTable = (key: string, now: number): string => {
    if (fullAt.has(key) || fullAt.size < most) return key;
    sweep(now);
    return fullAt.size < most ? key : latecomers;
  };
  /** Never longer than a window ahead, whatever the clock did. */
  const emptiness = (key: string, now: number): number => Math.min(Math.max((fullAt.get(key) ?? now) - now, 0), windowMs);

  return {
    quota,
    windowMs,
    take: (wanted) => {
      const now = clock.now().getTime();
      const key = keyInTable(wanted, now);
      const before = emptiness(key, now);
      // Kept so, or one that a clock ran ahead of would stay empty until the clock is there again.
      if (before === windowMs) fullAt.set(key, now + windowMs);
      const after = before + perRequestMs;
      if (after > windowMs + slack)
        return { allowed: false, remaining: 0, seconds: Math.max(1, Math.ceil((after - windowMs) / 1000)) };
      fullAt.set(key, now + after);
      return {
        allowed: true,
        remaining: Math.floor((windowMs - after + slack) / perRequestMs),
        seconds: Math.ceil(after / 1000),
      };
    },
    isSpent: (wanted) => {
      const now = clock.now().getTime();
      return emptiness(fullAt.has(wanted) || fullAt.size < most ? wanted : latecomers, now) + perRequestMs > windowMs + slack;
    },
    get size() {
      return fullAt.size;
    },
  };
}
