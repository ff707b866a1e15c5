import { setTimeout as wait } from "node:timers/promises";
import type { Config } from "../kernel/index.ts";

export interface Drain {
  drain(): Promise<void>;
  hasten(): void;
}

/** Requests that were let in just before the time was over have this long yet. */
const lastMs = 1000;

/**
 * The orderly end of a gateway. It is not ready first, and refuses new work; jobs that run and
 * requests under way have their time; what has not ended then is interrupted, or cut off. Then
 * everything is closed, the database last.
 */
export function createDrain(deps: {
  readonly settings: Pick<Config["server"], "drainMs" | "drainNoticeMs">;
  readonly fitness: { drain(): void };
  /** Takes no more jobs; settles when those that run have ended. */
  readonly jobs: () => Promise<void>;
  /** Ends every connection. */
  readonly cut: () => void;
  readonly close: () => Promise<void>;
  readonly log: (message: string) => void;
}): Drain {
  const { drainMs, drainNoticeMs } = deps.settings;
  /** Ends every wait below: there is nothing left to wait for, or no time. */
  const over = new AbortController();
  const rest = (ms: number): Promise<void> => wait(ms, undefined, { signal: over.signal }).catch(() => undefined);

  return {
    drain: async () => {
      const begun = performance.now();
      deps.fitness.drain();
      const ended = Promise.all([deps.jobs(), rest(drainNoticeMs)]).then(() => true);
      const inTime = await Promise.race([ended, rest(Math.max(drainMs, drainNoticeMs)).then(() => false)]);
      if (!inTime) deps.log("what still runs is interrupted");
      let closed = false;
      const left = Math.max(lastMs, drainMs - (performance.now() - begun));
      void rest(left).then(() => (closed ? undefined : deps.cut()));
      await deps.close().finally(() => {
        closed = true;
        over.abort();
      });
    },
    hasten: () => over.abort(),
  };
}
