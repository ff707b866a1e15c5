import type { EventDraft } from "./event.ts";
import { canBeId } from "./mentions.ts";

/** What other gateways are told of an event as it commits: its type and its first ids. A hint where to look, never a fact. */
export interface Signal {
  readonly type: string;
  readonly object: string;
  /** The first id that the object came of, if there is one: a result's job. */
  readonly from: string | undefined;
}

export function formatSignal({ type, object, from }: EventDraft): string {
  return [type, object, ...(from?.slice(0, 1) ?? [])].filter(canBeId).join(" ");
}

/** Anybody who may connect can send one, so whatever has not this form is nothing. */
export function parseSignal(payload: string): Signal | undefined {
  const [type = "", object = "", from, ...rest] = payload.slice(0, 200).split(" ");
  if (!/^[a-z-]+\.[a-z-]+$/.test(type) || ![object, from ?? object].every(canBeId) || rest.length > 0) return undefined;
  return { type, object, from };
}
