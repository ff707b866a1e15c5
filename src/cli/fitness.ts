import type { UnitOfWork } from "../audit/index.ts";
import { type ClockStatus, createClockCheck, createConditions, type DiskSpace } from "../cluster/index.ts";
import type { Readiness, RequestFitness } from "../gateway/index.ts";
import type { ActivePolicy } from "../identity/index.ts";
import type { Clock, Id } from "../kernel/index.ts";
import type { Store } from "../store/index.ts";

/** Whether this gateway may serve, from everything that it checks of itself. */
export interface Fitness extends RequestFitness {
  readiness(): Promise<Omit<Readiness, "isolation">>;
  /** Whether a job may be claimed now. */
  mayTake(): Promise<boolean>;
  /** Whether what was just read from the clock can be relied upon. */
  clockHolds(): Promise<boolean>;
  /** From now on this gateway is not ready and begins nothing new. */
  drain(): void;
  close(): Promise<void>;
}

/** What brings less is held against the last measurement. */
const largeBytes = 1024 * 1024;

export async function createFitness(deps: {
  readonly store: Store;
  readonly work: UnitOfWork;
  readonly clock: Clock;
  readonly policy: Pick<ActivePolicy, "status" | "known">;
  readonly gateway: Id<"gateway">;
  readonly checkClock: boolean;
  readonly space: DiskSpace;
  /** Everything is checked this often, beside what is checked before it is used. */
  readonly checkMs: number;
  readonly log: (message: string, error?: unknown) => void;
}): Promise<Fitness> {
  const { store, policy, space } = deps;
  let draining = false;
  const conditions = createConditions(deps);
  const clockCheck = deps.checkClock ? await createClockCheck(deps) : undefined;
  const clockStatus = async (): Promise<ClockStatus> => (await clockCheck?.status()) ?? { agrees: true, aheadMs: 0 };

  const look = async (): Promise<void> => {
    const { agrees, aheadMs } = await clockStatus();
    await conditions.report("clock", agrees ? "ok" : "off", { aheadMs });
    const level = await space.look();
    const tightest = space.tightest();
    await conditions.report("disk", level, tightest === undefined ? {} : { freeBytes: tightest.freeBytes });
  };
  let looking: Promise<void> | undefined;
  const lookOnce = (): void => {
    looking ??= look().finally(() => {
      looking = undefined;
    });
  };
  const timer = setInterval(lookOnce, deps.checkMs);
  // Before anything is taken in.
  await space.look();
  lookOnce();

  return {
    readiness: async () => {
      const [up, clock, status] = await Promise.all([
        store.ping(),
        clockStatus(),
        policy.status().catch(() => ({ ...policy.known(), current: false })),
      ]);
      const checks = {
        store: up,
        clock: clock.agrees,
        policy: status.current,
        disk: space.level() !== "critical",
        draining: !draining,
      };
      const failing = Object.entries(checks).flatMap(([name, passes]) => (passes ? [] : [name]));
      return { ready: failing.length === 0, failing, store: up, clock, disk: space.level(), policy: status };
    },
    whyUnfit: async () => {
      const { current, explained, active, loaded } = await policy.status();
      if (!current) return explained || active !== loaded ? "POLICY_NOT_LOADED" : "POLICY_UNEXPLAINED";
      return (await clockStatus()).agrees ? undefined : "CLOCK_OFF";
    },
    whyNoNewWork: async (bytes, folder) => {
      if (draining) return "GATEWAY_DRAINING";
      const isLarge = folder !== undefined && bytes >= largeBytes;
      const fits = isLarge ? await space.hasRoom(bytes, folder) : space.level() === "ok";
      return fits ? undefined : "DISK_LOW";
    },
    isDraining: () => draining,
    // A job that waits for room is not lost; one that finds none has failed.
    mayTake: async () => !draining && space.level() === "ok" && (await clockStatus()).agrees,
    clockHolds: async () => (await clockCheck?.confirm()) ?? true,
    drain: () => {
      draining = true;
    },
    close: async () => {
      clearInterval(timer);
      await looking;
    },
  };
}
