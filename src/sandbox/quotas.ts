import { type Change, expectOne } from "../audit/index.ts";
import { addDays, civilDateAt, startOfDay } from "../kernel/index.ts";
import type { DailyUseKind } from "../store/index.ts";
import type { JobContext } from "./job-context.ts";

/** What an operator may use in a civil day of Asia/Shanghai. */
export interface Quotas {
  /** The write that uses one; it misses where none is left, and undoes what stands beside it. */
  take(operator: string, kind: DailyUseKind): Change;
  isSpent(operator: string, kind: DailyUseKind): Promise<boolean>;
  /** Until the next day begins. */
  secondsLeft(): number;
}

export function createQuotas({ store, clock, settings }: JobContext): Quotas {
  const { db } = store;
  const limits: Readonly<Record<DailyUseKind, number>> = {
    job: settings.dailyJobsPerOperator,
    explain: settings.dailyExplainsPerOperator,
  };
  const today = () => civilDateAt(clock.now());
  return {
    take: (operator, kind) =>
      expectOne(
        db
          .insertInto("daily_use")
          .values({ operator_id: operator, day: today(), kind, used: 1 })
          .onConflict((row) =>
            row
              .columns(["operator_id", "day", "kind"])
              .doUpdateSet((eb) => ({ used: eb("daily_use.used", "+", 1) }))
              .where("daily_use.used", "<", limits[kind]),
          )
          .returning("used"),
      ),
    isSpent: async (operator, kind) => {
      const row = await db
        .selectFrom("daily_use")
        .select("used")
        .where("operator_id", "=", operator)
        .where("day", "=", today())
        .where("kind", "=", kind)
        .executeTakeFirst();
      return (row?.used ?? 0) >= limits[kind];
    },
    secondsLeft: () => Math.ceil((startOfDay(addDays(today(), 1)).getTime() - clock.now().getTime()) / 1000),
  };
}
