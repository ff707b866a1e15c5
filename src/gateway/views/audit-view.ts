import Type from "typebox";
import { closed, instant } from "../shapes.ts";

/** The event as it stands in the log; features own their types and data. */
const loggedEvent = closed(
  {
    index: Type.String({ description: "Its place in the log, in decimal." }),
    event: Type.Object(
      {
        v: Type.Literal(1),
        id: Type.String(),
        type: Type.String(),
        at: instant,
        object: Type.String(),
        outcome: Type.Enum(["done", "refused", "failed"]),
        salt: Type.String(),
        actor: Type.Object({ kind: Type.Enum(["account", "system", "anonymous"]) }),
      },
      { description: "The envelope: canonical JSON of it is the leaf of the log." },
    ),
  },
  { title: "LoggedEvent" },
);

export const eventPage = closed(
  {
    items: Type.Array(loggedEvent),
    next: Type.Optional(Type.String()),
    size: Type.String({ description: "Events that have their place in the log now." }),
  },
  { title: "EventPage" },
);

const traceEvent = closed(
  {
    index: Type.String(),
    id: Type.String(),
    type: Type.String(),
    at: instant,
    outcome: Type.String(),
    code: Type.Optional(Type.String()),
    actor: Type.String(),
  },
  { title: "TraceEvent" },
);

export const traceView = closed(
  {
    of: Type.String(),
    nodes: Type.Array(
      closed(
        {
          id: Type.String(),
          kind: Type.String({ description: "What the id's prefix says; `other` for a name that is no id." }),
          distance: Type.Integer({ description: "Negative led to the id that was asked for, positive came of it." }),
          origin: Type.Optional(traceEvent),
          events: Type.Array(traceEvent),
        },
        { title: "TraceNode" },
      ),
    ),
    edges: Type.Array(
      closed(
        {
          object: Type.String(),
          from: Type.String(),
          how: Type.Enum(["made-from", "acted-on-by"]),
          index: Type.String(),
        },
        { title: "TraceEdge" },
      ),
    ),
    truncated: Type.Boolean(),
  },
  { title: "Trace" },
);

export const originView = closed(
  {
    id: Type.String(),
    number: Type.Integer({ minimum: 2 }),
    origin: Type.String(),
    follows: Type.String(),
    reason: Type.String(),
    state: Type.Enum(["proposed", "approved", "begun"]),
    proposedBy: Type.String(),
    approvedBy: Type.Union([Type.String(), Type.Null()]),
    proposedAt: instant,
  },
  { title: "LogOrigin" },
);
