export { AuditError, type AuditErrorCode } from "./errors.ts";
export { type Actor, type EventDraft, type EventEnvelope, maxLeafBytes } from "./event.ts";
export { type Change, type ChangeOutcome, createUnitOfWork, expectOne, expectRows, type UnitOfWork } from "./unit-of-work.ts";
