import type { Kysely } from "kysely";
import type { Tables } from "./tables.ts";

/**
 * Shows that the holder of a claim lives. The one write without an event: it says nothing of the
 * job, and only a holder with the current fence is heard. False: the claim is lost.
 */
export async function beat(
  db: Kysely<Tables>,
  claim: { readonly job: string; readonly fence: string },
  now: Date,
): Promise<boolean> {
  const answer = await db
    .updateTable("job")
    .set({ heartbeat_at: now })
    .where("id", "=", claim.job)
    .where("fence", "=", claim.fence)
    .where("state", "=", "running")
    .executeTakeFirst();
  return answer.numUpdatedRows === 1n;
}
