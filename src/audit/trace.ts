import type { Store } from "../store/index.ts";
import { type EventEnvelope, parseLeaf } from "./event.ts";

/** An event as the trace and the search show it: the envelope and its place in the log. */
export interface LoggedEvent {
  readonly index: string;
  readonly event: EventEnvelope;
}

export interface TraceNode {
  readonly id: string;
  /** How far from the id that was asked for: negative led to it, positive came of it. */
  readonly distance: number;
  readonly events: readonly {
    readonly index: string;
    readonly id: string;
    readonly type: string;
    readonly at: string;
    readonly outcome: string;
    readonly actor: string;
  }[];
}

export interface Trace {
  readonly of: string;
  readonly nodes: readonly TraceNode[];
  /** `object` was made from `from`, as the event at `index` says. */
  readonly edges: readonly { readonly object: string; readonly from: string; readonly index: string }[];
  /** The bounds were reached; what is shown is the nearest part. */
  readonly truncated: boolean;
}

const maxNodes = 500;
const maxEventsPerNode = 1000;

/** All events that name an id, oldest first. */
export async function eventsMentioning(store: Store, id: string): Promise<readonly LoggedEvent[]> {
  const rows = await store.db
    .selectFrom("audit_mention")
    .innerJoin("audit_leaf", "audit_leaf.leaf_index", "audit_mention.leaf_index")
    .innerJoin("audit_event", "audit_event.id", "audit_leaf.event_id")
    .select(["audit_leaf.leaf_index", "audit_event.leaf"])
    .where("audit_mention.object_id", "=", id)
    .orderBy("audit_leaf.leaf_index")
    .limit(maxEventsPerNode)
    .execute();
  return rows.map(({ leaf_index, leaf }) => ({ index: leaf_index, event: parseLeaf(leaf) }));
}

function actorOf(event: EventEnvelope): string {
  switch (event.actor.kind) {
    case "account":
      return event.actor.id;
    case "system":
      return event.actor.component;
    case "anonymous":
      return "anonymous";
  }
}

/**
 * From one id to all that led to it and all that came of it, along the `from` links of events
 * (监管溯源, Art. 22). A path that went back does not turn forward again: what else came of an
 * ancestor is not part of this id's story.
 */
export async function traceOf(store: Store, id: string): Promise<Trace> {
  const nodes = new Map<string, TraceNode>();
  const edges = new Map<string, Trace["edges"][number]>();
  let truncated = false;
  let frontier: { readonly id: string; readonly distance: number }[] = [{ id, distance: 0 }];
  while (frontier.length > 0) {
    const next: { id: string; distance: number }[] = [];
    for (const step of frontier) {
      if (nodes.has(step.id)) continue;
      if (nodes.size >= maxNodes) {
        truncated = true;
        break;
      }
      const events = await eventsMentioning(store, step.id);
      if (events.length === maxEventsPerNode) truncated = true;
      nodes.set(step.id, {
        ...step,
        events: events
          .filter(({ event }) => event.object === step.id || actorOf(event) === step.id || step.distance === 0)
          .map(({ index, event }) => ({
            index,
            id: event.id,
            type: event.type,
            at: event.at,
            outcome: event.outcome,
            actor: actorOf(event),
          })),
      });
      for (const { index, event } of events) {
        const from = event.from ?? [];
        if (event.object === step.id && step.distance <= 0)
          for (const ancestor of from) {
            edges.set(`${event.object} ${ancestor}`, { object: event.object, from: ancestor, index });
            next.push({ id: ancestor, distance: step.distance - 1 });
          }
        if (from.includes(step.id) && step.distance >= 0) {
          edges.set(`${event.object} ${step.id}`, { object: event.object, from: step.id, index });
          next.push({ id: event.object, distance: step.distance + 1 });
        }
      }
    }
    frontier = truncated ? [] : next;
  }
  return {
    of: id,
    nodes: [...nodes.values()]
      .filter(({ events }) => events.length > 0)
      .sort((a, b) => a.distance - b.distance || a.id.localeCompare(b.id)),
    edges: [...edges.values()],
    truncated,
  };
}
