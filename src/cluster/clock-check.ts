import type { Clock } from "../kernel/index.ts";
import type { Store } from "../store/index.ts";

export interface ClockStatus {
  /** Whether this process's clock and the store's are within a second of one another, as far as is known. */
  readonly agrees: boolean;
  /** How far this clock is ahead of the store's (negative: behind), in ms, give or take half a round trip. */
  readonly aheadMs: number;
}

/** This gateway's clock, held against the one that all gateways share: the store's. */
export interface ClockCheck {
  /** As of half a second ago at most: older than that is measured anew. A store that does not answer changes nothing. */
  status(): Promise<ClockStatus>;
  /** Measured now: whether what was read from this clock just before can be relied upon. */
  confirm(): Promise<boolean>;
  /** What the last measurement found. */
  known(): ClockStatus;
}

/** Terms, leases and tokens rest on clocks that agree this well (design §6). */
const mostMs = 1000;
/** Nothing rests on a measurement that is older. */
const freshMs = 500;

/**
 * What one measurement says. The store's answer was made at some moment of the round trip, so the
 * difference is known to half of it: a slow store must neither put a good clock out of service nor,
 * once it is out, bring a bad one back. Undefined: this measurement cannot tell.
 */
export function judgeClock(aheadMs: number, roundTripMs: number): boolean | undefined {
  const off = Math.abs(aheadMs);
  if (off - roundTripMs / 2 > mostMs) return false;
  return off + roundTripMs / 2 <= mostMs ? true : undefined;
}

export async function createClockCheck(deps: {
  readonly store: Pick<Store, "time">;
  readonly clock: Clock;
  readonly log: (message: string, error?: unknown) => void;
}): Promise<ClockCheck> {
  let known: ClockStatus = { agrees: true, aheadMs: 0 };
  let measuredAt = Number.NEGATIVE_INFINITY;

  const measure = async (): Promise<void> => {
    // The length of the round trip comes from a clock that nobody sets.
    const begun = performance.now();
    const here = deps.clock.now().getTime();
    const there = (await deps.store.time()).getTime();
    const roundTripMs = performance.now() - begun;
    const aheadMs = here + roundTripMs / 2 - there;
    known = { agrees: judgeClock(aheadMs, roundTripMs) ?? known.agrees, aheadMs: Math.round(aheadMs) };
    measuredAt = performance.now();
  };
  // In turn: a measurement that is under way may have read the clock before it was set.
  let tail: Promise<void> = Promise.resolve();
  const measureAnew = (): Promise<void> => {
    tail = tail.then(measure).catch((error: unknown) => deps.log("the store's clock could not be read", error));
    return tail;
  };
  let shared: Promise<void> | undefined;
  const status = async (): Promise<ClockStatus> => {
    if (performance.now() - measuredAt < freshMs) return known;
    shared ??= measureAnew().finally(() => {
      shared = undefined;
    });
    await shared;
    return known;
  };
  await status();
  return {
    status,
    confirm: async () => {
      await measureAnew();
      return known.agrees;
    },
    known: () => known,
  };
}
