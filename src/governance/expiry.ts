import { expectOne } from "../audit/index.ts";
import type { GovernanceContext } from "./context.ts";

export interface Expiry {
  /**
   * Ends agreements whose term is over and tells how many; until then they are already out of
   * force, for every use asks the clock. Running it late, twice or side by side changes nothing.
   */
  expireDue(): Promise<number>;
  /** The same for one scenario. */
  expireScenario(scenario: string): Promise<number>;
}

export function createExpiry({ store, work, clock }: Pick<GovernanceContext, "store" | "work" | "clock">): Expiry {
  const { db } = store;
  const due = () =>
    db
      .selectFrom("agreement")
      .select(["id", "scenario", "version_id", "operator_id", "agency_id", "ends_at"])
      .where("state", "=", "in-force")
      .where("ends_at", "<=", clock.now());
  const endAll = async (rows: Awaited<ReturnType<ReturnType<typeof due>["execute"]>>): Promise<number> => {
    let ended = 0;
    for (const row of rows) {
      const update = db
        .updateTable("agreement")
        // It ended when its term did, not when somebody looked (Art. 18).
        .set({ state: "ended", ended_at: row.ends_at, end_reason: "term over (Art. 18)" })
        .where("id", "=", row.id)
        .where("state", "=", "in-force")
        .returning("id");
      const outcome = await work.change(
        {
          type: "agreement.ended",
          actor: { kind: "system", component: "governance" },
          object: row.id,
          links: { version: row.version_id, operator: row.operator_id, agency: row.agency_id },
          outcome: "done",
          data: { why: "term-over", endedAt: row.ends_at.toISOString() },
        },
        [expectOne(update)],
      );
      if (outcome.kind === "done") ended++;
    }
    return ended;
  };
  return {
    expireDue: async () => endAll(await due().execute()),
    expireScenario: async (scenario) => endAll(await due().where("scenario", "=", scenario).execute()),
  };
}
