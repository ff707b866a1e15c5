import { expectOne } from "../audit/index.ts";
import type { GateContext } from "./context.ts";

export interface Retention {
  /**
   * Deletes rows and evidence of results past their time, one event each, and tells how many; hashes and
   * metadata stay. Never while an export of the result is open. Running it late, twice or side by side
   * changes nothing.
   */
  expireResults(): Promise<number>;
}

const dayMs = 86_400_000;
/** Results of one sweep; the next one takes the rest. */
const batch = 500;

export function createRetention({ store, work, clock, settings }: GateContext): Retention {
  const { db } = store;

  const due = (before: Date) =>
    db
      .selectFrom("result")
      .innerJoin("job", "job.id", "result.job_id")
      .select(["result.id", "result.job_id", "result.content_hash", "job.agreement_id"])
      .where("result.expired_at", "is", null)
      .where("result.created_at", "<", before)
      .where((eb) => eb.or([eb("result.held_at", "is", null), eb("result.held_at", "<", before)]))
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom("export")
              .leftJoin("package", "package.export_id", "export.id")
              .select("export.id")
              .whereRef("export.result_id", "=", "result.id")
              .where((eb) =>
                eb.or([
                  eb("export.state", "in", ["in-review", "approved"]),
                  // Released, but its package still has to be assembled from the result.
                  eb.and([eb("export.state", "=", "released"), eb("package.copy_id", "is", null)]),
                ]),
              ),
          ),
        ),
      );

  return {
    expireResults: async () => {
      const before = new Date(clock.now().getTime() - settings.resultRetentionDays * dayMs);
      const rows = await due(before).orderBy("result.created_at").limit(batch).execute();
      let expired = 0;
      for (const row of rows) {
        const update = db
          .updateTable("result")
          .set({ content_sealed: null, evidence_sealed: null, expired_at: clock.now() })
          .where("id", "=", row.id)
          .where("expired_at", "is", null)
          // A request to export it, made since we looked, has moved this.
          .where((eb) => eb.or([eb("held_at", "is", null), eb("held_at", "<", before)]))
          .returning("id");
        const outcome = await work.change(
          {
            type: "result.expired",
            actor: { kind: "system", component: "export-gate" },
            object: row.id,
            links: { job: row.job_id, agreement: row.agreement_id },
            outcome: "done",
            data: { contentHash: row.content_hash, days: settings.resultRetentionDays },
          },
          [expectOne(update)],
        );
        if (outcome.kind === "done") expired++;
      }
      return expired;
    },
  };
}
