import { setTimeout as wait } from "node:timers/promises";

/**
 * When a run that took `elapsedMs` may be seen to end: the next multiple of a step. The step is the given one at
 * first and doubles as runs grow longer, so that it is never more than a quarter of what has passed, and a run of
 * minutes still tells only a handful of bits about the rows it met (design §5: operators see coarse times).
 */
export function coarseEnd(elapsedMs: number, stepMs: number): number {
  if (stepMs === 0) return elapsedMs;
  const doublings = Math.max(0, Math.floor(Math.log2(elapsedMs / (4 * stepMs))));
  const step = stepMs * 2 ** doublings;
  return Math.ceil(elapsedMs / step) * step;
}

/** How long a stopped run is held at most, ms: longer than what stopping a live one asks of this process. */
const longestStopMs = 200;

/**
 * Waits from the moment a run was told to stop. Without it a cancel is a stop-watch: a run that is over stops at
 * once and one that is not must be killed first, so whoever cancels at chosen times finds the end by halving.
 */
export async function untilCoarseStop(stepMs: number): Promise<void> {
  await wait(Math.min(stepMs, longestStopMs));
}

/** Waits from now until a run begun at `begunMs` (monotonic) may be seen to end; a stop ends the wait. */
export async function untilCoarseEnd(begunMs: number, stepMs: number, signal?: AbortSignal): Promise<void> {
  const elapsed = performance.now() - begunMs;
  const held = wait(coarseEnd(elapsed, stepMs) - elapsed, undefined, signal === undefined ? {} : { signal });
  await held.catch(() => undefined);
}
