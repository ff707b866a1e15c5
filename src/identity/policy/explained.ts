import { type EventEnvelope, eventById, eventsNaming } from "../../audit/index.ts";
import type { Store } from "../../store/index.ts";

/** The active policy as its row says. */
export interface ActiveRow {
  readonly policy: string;
  readonly hash: string;
  /** The event that made it active; null where an earlier release did. */
  readonly event: string | null;
}

/**
 * Whether the log tells how this policy became the active one, and does not tell that another one
 * replaced it since. A captured gateway may move the active policy, to one that was approved years
 * ago as well; what it cannot do is make the log say so without saying so to the auditors.
 */
export async function isExplained(store: Pick<Store, "db">, { policy, hash, event }: ActiveRow): Promise<boolean> {
  const type = "access-policy.activated";
  const activates = (told: EventEnvelope | undefined): boolean =>
    told?.type === type && told.outcome === "done" && told.object === policy && told.data?.["hash"] === hash;
  const [own, named] = await Promise.all([
    event === null ? undefined : eventById(store, event),
    eventsNaming(store, policy, type),
  ]);
  // Each proposal is a policy of its own, with an id of its own, so none becomes active twice.
  const replaced = named.some(({ from }) => from?.includes(policy));
  return (activates(own) || named.some(activates)) && !replaced;
}
