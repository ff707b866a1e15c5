import { sql } from "kysely";
import { type IdKind, kindOfId } from "../kernel/index.ts";
import type { Store } from "../store/index.ts";
import { type EventEnvelope, parseLeaf } from "./event.ts";

/** An event as the trace and the search show it: the envelope and its place in the log. */
export interface LoggedEvent {
  readonly index: string;
  readonly event: EventEnvelope;
}

export interface TraceEvent {
  /** Its place in the log, by which its proof is asked for. */
  readonly index: string;
  readonly id: string;
  readonly type: string;
  readonly at: string;
  readonly outcome: string;
  readonly code?: string | undefined;
  /** Account id, component of the platform, or "anonymous". */
  readonly actor: string;
}

export interface TraceNode {
  readonly id: string;
  /** What the id's prefix says; "other" for a name that is no id of ours. */
  readonly kind: IdKind | "other";
  /** How far from the id that was asked for: negative led to it, positive came of it. */
  readonly distance: number;
  /** The event it began with; absent where that lies outside the log. */
  readonly origin?: TraceEvent | undefined;
  /** What happened to it, oldest first; for an account that was asked for: all it did. */
  readonly events: readonly TraceEvent[];
}

/** `object` came of `from`, or was acted on by the account `from`, as the event at `index` says. */
export interface TraceEdge {
  readonly object: string;
  readonly from: string;
  readonly how: "made-from" | "acted-on-by";
  readonly index: string;
}

export interface Trace {
  readonly of: string;
  readonly nodes: readonly TraceNode[];
  readonly edges: readonly TraceEdge[];
  /** The bounds were reached; what is shown is the nearest part. */
  readonly truncated: boolean;
}

/** Bounds of one answer. */
export interface TraceLimits {
  readonly nodes: number;
  readonly eventsPerNode: number;
}

const defaultLimits: TraceLimits = { nodes: 500, eventsPerNode: 1000 };
/** Ids asked for in one query: leaves of a thousand events each come back at once. */
const idsPerQuery = 20;

interface Step {
  readonly id: string;
  readonly distance: number;
  /** The account whose trace came here: goes on only if it made what stands here. */
  readonly actedOnBy?: string | undefined;
}

/** Oldest events that name each id, one more than shown where there are more. */
async function eventsOf(
  store: Store,
  ids: readonly string[],
  most: number,
): Promise<ReadonlyMap<string, readonly LoggedEvent[]>> {
  const found = new Map<string, LoggedEvent[]>(ids.map((id) => [id, []]));
  for (let at = 0; at < ids.length; at += idsPerQuery) {
    const rows = await sql<{ id: string; index: string; leaf: Buffer }>`
      SELECT wanted.id, m.leaf_index AS index, e.leaf
      FROM unnest(${ids.slice(at, at + idsPerQuery)}::text[]) AS wanted (id)
      CROSS JOIN LATERAL (SELECT leaf_index FROM audit_mention WHERE object_id = wanted.id ORDER BY leaf_index LIMIT ${most + 1}) m
      JOIN audit_leaf l ON l.leaf_index = m.leaf_index JOIN audit_event e ON e.id = l.event_id
      ORDER BY m.leaf_index`.execute(store.db);
    for (const { id, index, leaf } of rows.rows) found.get(id)?.push({ index, event: parseLeaf(leaf) });
  }
  return found;
}

export function actorOf({ actor }: EventEnvelope): string {
  switch (actor.kind) {
    case "account":
      return actor.id;
    case "system":
      return actor.component;
    case "anonymous":
      return "anonymous";
  }
}

function shown({ index, event }: LoggedEvent): TraceEvent {
  const { id, type, at, outcome, code } = event;
  return { index, id, type, at, outcome, ...(code === undefined ? {} : { code }), actor: actorOf(event) };
}

const isAbout = (id: string, { event }: LoggedEvent): boolean => event.object === id || (event.made ?? []).includes(id);

/** Edges that an event tells of one id, and the ids they lead to. */
function edgesAt(step: Step, logged: LoggedEvent, goesOn: boolean): readonly (readonly [TraceEdge, Step])[] {
  const { index, event } = logged;
  const { id, distance } = step;
  const found: (readonly [TraceEdge, Step])[] = [];
  const edge = (object: string, from: string, next: string): void => {
    if (object === from) return;
    const toward = next === from ? -1 : 1;
    found.push([
      { object, from, how: "made-from", index },
      { id: next, distance: distance + toward },
    ]);
  };
  // A refused attempt made nothing; it stands among the events of its object.
  const [from, made] = event.outcome === "done" ? [event.from ?? [], event.made ?? []] : [[], []];
  if (distance <= 0) {
    if (event.object === id) for (const source of from) edge(id, source, source);
    if (made.includes(id)) edge(id, event.object, event.object);
  }
  if (distance >= 0 && goesOn) {
    if (from.includes(id)) edge(event.object, id, event.object);
    if (event.object === id) for (const product of made) edge(product, id, product);
    if (distance === 0 && actorOf(event) === id && event.object !== id)
      found.push([
        { object: event.object, from: id, how: "acted-on-by", index },
        { id: event.object, distance: 1, actedOnBy: id },
      ]);
  }
  return found;
}

/**
 * From one id to all that led to it and all that came of it, along what events say (监管溯源,
 * Art. 22). A path that went back does not turn forward again: what else came of an ancestor is not
 * part of this id's story. From an account the trace leads to all it acted on, and on from what it
 * made. Nearest first, so that a bound cuts off the farthest.
 */
export async function traceOf(store: Store, id: string, limits: TraceLimits = defaultLimits): Promise<Trace> {
  const nodes = new Map<string, TraceNode>();
  const edges = new Map<string, TraceEdge>();
  let truncated = false;
  let level: readonly Step[] = [{ id, distance: 0 }];
  while (level.length > 0) {
    const fresh = new Map<string, Step>();
    for (const step of level) if (!nodes.has(step.id) && !fresh.has(step.id)) fresh.set(step.id, step);
    const steps = [...fresh.values()].slice(0, limits.nodes - nodes.size);
    if (steps.length < fresh.size) truncated = true;
    const events = await eventsOf(store, [...steps.map((step) => step.id)], limits.eventsPerNode);
    const next: Step[] = [];
    for (const step of steps) {
      const named = events.get(step.id) ?? [];
      if (named.length > limits.eventsPerNode) truncated = true;
      const about = named.filter((logged) => isAbout(step.id, logged));
      const [first] = about;
      nodes.set(step.id, {
        id: step.id,
        kind: kindOfId(step.id) ?? "other",
        distance: step.distance,
        ...(first === undefined ? {} : { origin: shown(first) }),
        events: (step.distance === 0 ? named : about).slice(0, limits.eventsPerNode).map(shown),
      });
      const goesOn = step.actedOnBy === undefined || (first !== undefined && actorOf(first.event) === step.actedOnBy);
      for (const logged of named)
        for (const [edge, to] of edgesAt(step, logged, goesOn)) {
          edges.set(`${edge.object} ${edge.from} ${edge.how}`, edge);
          next.push(to);
        }
    }
    level = next;
  }
  const known = [...nodes.values()].filter(({ events, distance }) => distance !== 0 || events.length > 0);
  return {
    of: id,
    nodes: known.sort((a, b) => a.distance - b.distance || (a.id < b.id ? -1 : 1)),
    edges: [...edges.values()].filter(({ object, from }) => nodes.has(object) && nodes.has(from)),
    truncated,
  };
}
