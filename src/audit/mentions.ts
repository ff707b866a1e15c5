import type { EventEnvelope } from "./event.ts";

/** Longest text that can be an id of ours; anything longer is no id and is not indexed. */
const maxIdLength = 64;

/** Every id an event names, once: what it is about, who did it, what it came of, what else it concerns. */
export function mentionsOf(event: EventEnvelope): readonly string[] {
  const ids = [event.object, ...(event.from ?? []), ...Object.values(event.links ?? {})];
  if (event.actor.kind === "account") ids.push(event.actor.id, event.actor.organisation);
  return [...new Set(ids)].filter((id) => id.length <= maxIdLength);
}
