import { sql } from "kysely";
import { type Refusal, refuse } from "../kernel/index.ts";
import type { Store } from "../store/index.ts";
import { parseLeaf } from "./event.ts";
import { canBeId } from "./mentions.ts";
import type { LoggedEvent } from "./trace.ts";

export type AuditRefusalCode =
  | "AUDIT_NOT_FOUND"
  | "AUDIT_TIME_MALFORMED"
  | "AUDIT_LOG_NOT_SIGNING"
  | "AUDIT_ORIGIN_NOT_NEEDED"
  | "AUDIT_ORIGIN_PROPOSED"
  | "AUDIT_ORIGIN_NOT_FOUND"
  | "AUDIT_ORIGIN_OWN";

/** Exact fields an event is searched by; all that are given must hold. */
export interface EventFilter {
  readonly actor?: string | undefined;
  readonly object?: string | undefined;
  readonly type?: string | undefined;
  /** RFC 3339; from inclusive, to exclusive. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Events before this index. */
  readonly cursor?: string | undefined;
  readonly limit?: string | undefined;
}

export interface EventPage {
  readonly items: readonly LoggedEvent[];
  readonly next: string | undefined;
  /** Events that have their place in the log now. */
  readonly size: string;
}

const mostEvents = 200;
const rfc3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;

/** 1 to `most`; `most` where nothing is asked for. */
export function boundedCount(text: string | undefined, most: number): number {
  const asked = Number(text ?? most);
  return Number.isInteger(asked) ? Math.max(1, Math.min(most, asked)) : most;
}

/** As events write it; NaN-proof: a time that PostgreSQL and JavaScript would read differently is refused. */
function instantOf(text: string | undefined): string | undefined | Refusal<AuditRefusalCode> {
  if (text === undefined) return undefined;
  const time = rfc3339.test(text) ? new Date(text) : undefined;
  if (time === undefined || Number.isNaN(time.getTime()))
    return refuse("AUDIT_TIME_MALFORMED", { accepted: "2026-01-31T00:00:00Z" });
  return time.toISOString();
}

/** Events newest first; the cursor is an index, so pages stay as they are while the log grows. */
export async function findEvents(
  store: Store,
  filter: EventFilter,
  size: bigint,
): Promise<EventPage | Refusal<AuditRefusalCode>> {
  const from = instantOf(filter.from);
  const to = instantOf(filter.to);
  if (typeof from === "object") return from;
  if (typeof to === "object") return to;
  const limit = boundedCount(filter.limit, mostEvents);
  const ids = [filter.object, filter.actor].filter((id) => id !== undefined);
  if (![...ids, ...(filter.type === undefined ? [] : [filter.type])].every(canBeId))
    return { items: [], next: undefined, size: size.toString() };

  const event = sql`convert_from(audit_event.leaf, 'UTF8')::jsonb`;
  let query = store.db
    .selectFrom("audit_leaf")
    .innerJoin("audit_event", "audit_event.id", "audit_leaf.event_id")
    .select(["audit_leaf.leaf_index", "audit_event.leaf"])
    .orderBy("audit_leaf.leaf_index", "desc")
    .limit(limit);
  if (filter.cursor !== undefined) query = query.where("audit_leaf.leaf_index", "<", filter.cursor);
  for (const id of ids)
    query = query.where("audit_leaf.leaf_index", "in", (mentioned) =>
      mentioned.selectFrom("audit_mention").select("audit_mention.leaf_index").where("audit_mention.object_id", "=", id),
    );
  if (filter.object !== undefined) query = query.where(sql<boolean>`${event} ->> 'object' = ${filter.object}`);
  if (filter.actor !== undefined) query = query.where(sql<boolean>`${event} -> 'actor' ->> 'id' = ${filter.actor}`);
  if (filter.type !== undefined) query = query.where(sql<boolean>`${event} ->> 'type' = ${filter.type}`);
  if (from !== undefined) query = query.where(sql<boolean>`${event} ->> 'at' >= ${from}`);
  if (to !== undefined) query = query.where(sql<boolean>`${event} ->> 'at' < ${to}`);
  const rows = await query.execute();
  const items = rows.map(({ leaf_index, leaf }) => ({ index: leaf_index, event: parseLeaf(leaf) }));
  return { items, next: rows.length === limit ? items.at(-1)?.index : undefined, size: size.toString() };
}

/** What was asked for, as the reading's own event tells it. */
export function askedOf(filter: EventFilter): Readonly<Record<string, string>> {
  const { cursor: _cursor, limit: _limit, ...fields } = filter;
  return Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
