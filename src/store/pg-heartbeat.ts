import type { Kysely } from "kysely";
import type { Tables } from "./tables.ts";

/** What a sign of life learns about a claim. */
export interface Beat {
  /** False: the claim is lost. */
  readonly held: boolean;
  /** Somebody asked, at whatever gateway, to stop the job. */
  readonly cancelRequested: boolean;
}

/**
 * Shows that the holder of a claim lives. With `beatGateway` the one write without an event: it says
 * nothing of the job, and only a holder with the current fence is heard.
 */
export async function beat(
  db: Kysely<Tables>,
  claim: { readonly job: string; readonly fence: string },
  now: Date,
): Promise<Beat> {
  const row = await db
    .updateTable("job")
    .set({ heartbeat_at: now })
    .where("id", "=", claim.job)
    .where("fence", "=", claim.fence)
    .where("state", "=", "running")
    .returning("cancel_requested")
    .executeTakeFirst();
  return { held: row !== undefined, cancelRequested: row?.cancel_requested === true };
}

/** Shows that a gateway lives. False: it has ended, or the others declared it lost. */
export async function beatGateway(db: Kysely<Tables>, id: string, now: Date): Promise<boolean> {
  const answer = await db
    .updateTable("gateway")
    .set((eb) => ({ seen_at: now, beats: eb("beats", "+", "1") }))
    .where("id", "=", id)
    .where("ended_at", "is", null)
    .executeTakeFirst();
  return answer.numUpdatedRows === 1n;
}
