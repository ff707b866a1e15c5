import { type EventEnvelope, parseLeaf } from "./event.ts";

/** Longest text that can be an id of ours; anything longer is no id and is not indexed. */
export const maxIdLength = 64;

/** Whether a text can be looked up as an id at all: PostgreSQL has no U+0000, and nobody looks for controls. */
export function canBeId(text: string): boolean {
  return text !== "" && text.length <= maxIdLength && !/\p{Cc}/u.test(text) && text.isWellFormed();
}

/** Every id an event names, once: what it is about, who did it, what it came of and what came of it, what else it concerns. */
export function mentionsOf(event: EventEnvelope): readonly string[] {
  const ids = [event.object, ...(event.from ?? []), ...(event.made ?? []), ...Object.values(event.links ?? {})];
  if (event.actor.kind === "account") {
    ids.push(event.actor.id, event.actor.organisation);
    if (event.actor.key !== undefined) ids.push(event.actor.key);
  }
  return [...new Set(ids)].filter(canBeId);
}

/**
 * The mentions of stored bytes; none for bytes that are no event. Whoever can write to the store
 * could otherwise stop the log for ever with one leaf that cannot be read.
 */
export function mentionsOfLeaf(leaf: Uint8Array): readonly string[] {
  try {
    return mentionsOf(parseLeaf(leaf));
  } catch {
    return [];
  }
}
