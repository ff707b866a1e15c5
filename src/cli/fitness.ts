import type { UnitOfWork } from "../audit/index.ts";
import { type ClockStatus, createClockCheck, createConditions } from "../cluster/index.ts";
import type { Readiness, UnfitCode } from "../gateway/index.ts";
import type { ActivePolicy } from "../identity/index.ts";
import type { Clock, Id } from "../kernel/index.ts";
import type { Store } from "../store/index.ts";

/** Whether this gateway may serve, from everything that it checks of itself. */
export interface Fitness {
  readiness(): Promise<Omit<Readiness, "isolation">>;
  /** Why nothing may be answered now. */
  whyUnfit(): Promise<UnfitCode | undefined>;
  /** Whether a job may be claimed now. */
  mayTake(): Promise<boolean>;
  /** Whether what was just read from the clock can be relied upon. */
  clockHolds(): Promise<boolean>;
  close(): Promise<void>;
}

/** Everything is checked this often, beside what is checked before it is used. */
const checkMs = 1000;

export async function createFitness(deps: {
  readonly store: Store;
  readonly work: UnitOfWork;
  readonly clock: Clock;
  readonly policy: Pick<ActivePolicy, "status" | "known">;
  readonly gateway: Id<"gateway">;
  readonly checkClock: boolean;
  readonly log: (message: string, error?: unknown) => void;
}): Promise<Fitness> {
  const { store, policy } = deps;
  const conditions = createConditions(deps);
  const clockCheck = deps.checkClock ? await createClockCheck(deps) : undefined;
  const clockStatus = async (): Promise<ClockStatus> => (await clockCheck?.status()) ?? { agrees: true, aheadMs: 0 };

  const look = async (): Promise<void> => {
    const { agrees, aheadMs } = await clockStatus();
    await conditions.report("clock", agrees ? "ok" : "off", { aheadMs });
  };
  let looking: Promise<void> | undefined;
  const lookOnce = (): void => {
    looking ??= look().finally(() => {
      looking = undefined;
    });
  };
  const timer = setInterval(lookOnce, checkMs);
  lookOnce();

  return {
    readiness: async () => {
      const [up, clock, status] = await Promise.all([
        store.ping(),
        clockStatus(),
        policy.status().catch(() => ({ ...policy.known(), current: false })),
      ]);
      const checks = { store: up, clock: clock.agrees, policy: status.current };
      const failing = Object.entries(checks).flatMap(([name, passes]) => (passes ? [] : [name]));
      return { ready: failing.length === 0, failing, store: up, clock, policy: status };
    },
    whyUnfit: async () => {
      const { current, explained, active, loaded } = await policy.status();
      if (!current) return explained || active !== loaded ? "POLICY_NOT_LOADED" : "POLICY_UNEXPLAINED";
      return (await clockStatus()).agrees ? undefined : "CLOCK_OFF";
    },
    mayTake: async () => (await clockStatus()).agrees,
    clockHolds: async () => (await clockCheck?.confirm()) ?? true,
    close: async () => {
      clearInterval(timer);
      await looking;
    },
  };
}
