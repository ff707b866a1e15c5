import type { Clock } from "../kernel/index.ts";
import { type Claim, type Claims, interruption } from "./claims.ts";
import type { Runner } from "./runner.ts";

export interface Dispatcher {
  /** A job was submitted, or a place became free: look now. */
  wake(): void;
  /** Something may have changed for jobs that run here (a cancel, an agreement's end, at any gateway): look now. */
  recheck(): void;
  /** Stops a running job of this process, if it is one. */
  cancel(job: string): void;
  /** Takes no more jobs, and returns when those that run have ended of themselves. */
  drain(): Promise<void>;
  /** Takes no more jobs, ends those that run as `interrupted`, and returns when none is left. */
  close(): Promise<void>;
}

export interface DispatcherDeps {
  readonly claims: Claims;
  readonly runner: Runner;
  readonly clock: Clock;
  /** Jobs at one time. */
  readonly parallel: number;
  readonly heartbeatMs: number;
  readonly leaseMs: number;
  readonly log: (message: string, error?: unknown) => void;
  /** Whether an error means that the store does not answer now. */
  readonly isUnavailable: (error: unknown) => boolean;
  /** Whether this gateway is fit to take jobs now. */
  readonly mayTake: () => Promise<boolean>;
  /** Whether what was just read from its clock can be relied upon. */
  readonly clockHolds: () => Promise<boolean>;
  /** Read anew at every sign of life: a job does not outlive its agreement by more than that. */
  readonly inForce: (agreement: string) => Promise<boolean>;
}

interface Running {
  readonly claim: Claim;
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

/** Takes waiting jobs, keeps their claims alive, and ends what its process cannot finish. */
export function createDispatcher(deps: DispatcherDeps): Dispatcher {
  const running = new Map<string, Running>();
  let closing = false;
  let draining = false;
  let filling: Promise<void> | undefined;
  let again = false;

  let steadySince: number | undefined;
  let tickedAt = performance.now();

  const work = async (claim: Claim, signal: AbortSignal): Promise<void> => {
    try {
      await deps.runner.run(claim, signal);
    } catch (error) {
      deps.log(`job ${claim.job} could not be ended by its runner`, error);
      // What was in hand is unknown, so the job is neither done nor run again.
      await deps.claims
        .finish(claim, interruption)
        .catch((cause: unknown) => deps.log(`job ${claim.job} stays claimed until its lease ends`, cause));
    }
  };

  const start = (claim: Claim): void => {
    const abort = new AbortController();
    const done = work(claim, abort.signal).finally(() => {
      running.delete(claim.job);
      wake();
    });
    running.set(claim.job, { claim, abort, done });
  };

  const fill = async (): Promise<void> => {
    do {
      again = false;
      while (!closing && !draining && running.size < deps.parallel && (await deps.mayTake())) {
        const claim = await deps.claims.next();
        if (claim === undefined) break;
        start(claim);
      }
    } while (again && !closing);
  };

  const wake = (): void => {
    if (closing) return;
    again = true;
    filling ??= fill()
      .catch((error: unknown) => {
        // The next tick looks again: a store that does not answer is no reason to forget the queue.
        deps.log(deps.isUnavailable(error) ? "the store does not answer; the queue waits" : "the queue could not be read", error);
      })
      .finally(() => {
        filling = undefined;
        // Called between the last look at the queue and here: without this the job would wait for the next tick.
        if (again) wake();
      });
  };

  const check = async ({ claim, abort }: Running): Promise<void> => {
    const { held, cancelRequested } = await deps.claims.beat(claim);
    if (!held) abort.abort("claim lost");
    else if (cancelRequested) abort.abort("cancelled");
    else if (!(await deps.inForce(claim.agreement))) abort.abort("agreement ended");
  };

  /**
   * Since when jobs have shown life, or could have. A store that did not answer, or a pause of this
   * process, silences everybody's jobs: others must have the time to speak first.
   */
  const silentBefore = (): Date | undefined => {
    const now = performance.now();
    if (steadySince === undefined || now - tickedAt >= deps.leaseMs / 2) steadySince = now;
    tickedAt = now;
    return now - steadySince < deps.leaseMs ? undefined : new Date(deps.clock.now().getTime() - deps.leaseMs);
  };

  const tick = async (): Promise<void> => {
    for (const job of running.values()) await check(job);
    const before = silentBefore();
    // By a clock that is an hour ahead, every job of the others would have been silent for an hour.
    await deps.claims.interruptSilent(before !== undefined && (await deps.clockHolds()) ? before : undefined);
    wake();
  };

  let ticking: Promise<void> | undefined;
  let tickAgain = false;
  /** One at a time, and once more for whatever came meanwhile: many signals cost no more than two looks. */
  const recheck = (): void => {
    if (closing) return;
    tickAgain = ticking !== undefined;
    ticking ??= tick()
      .catch((error: unknown) => {
        steadySince = undefined;
        deps.log("signs of life could not be written", error);
      })
      .finally(() => {
        ticking = undefined;
        if (tickAgain) recheck();
      });
  };
  const timer = setInterval(recheck, deps.heartbeatMs);

  return {
    wake,
    recheck,
    cancel: (job) => running.get(job)?.abort.abort("cancelled"),
    drain: async () => {
      draining = true;
      // One that is being claimed runs, too.
      await filling;
      while (running.size > 0) await Promise.all(Array.from(running.values(), ({ done }) => done));
    },
    close: async () => {
      closing = true;
      clearInterval(timer);
      await ticking;
      await filling;
      for (const { abort } of running.values()) abort.abort("closing");
      await Promise.all(Array.from(running.values(), ({ done }) => done));
    },
  };
}
