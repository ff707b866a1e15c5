export { AuditError, type AuditErrorCode } from "./errors.ts";
export { type Actor, type EventDraft, type EventEnvelope, maxLeafBytes } from "./event.ts";
export { auditEvents } from "./events.ts";
export {
  createIdempotency,
  type HeldRequest,
  type Idempotency,
  type IdempotencyRefusalCode,
  type KeptAnswer,
  type KeyedRequest,
} from "./idempotency.ts";
export { type AuditLog, createAuditLog, type InclusionEvidence } from "./log.ts";
export { eventById, eventsNaming } from "./named-events.ts";
export type { Origins, OriginView } from "./origins.ts";
export type { AuditRefusalCode, EventFilter, EventPage } from "./search.ts";
export type { LogHead } from "./sequencer.ts";
export { parseSignal, type Signal } from "./signal.ts";
export type { LoggedEvent, Trace, TraceEdge, TraceNode } from "./trace.ts";
export {
  type Change,
  type ChangeOutcome,
  createUnitOfWork,
  expectOne,
  expectRows,
  type RequestClaim,
  type UnitOfWork,
} from "./unit-of-work.ts";
