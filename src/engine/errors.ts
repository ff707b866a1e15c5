import { CodedError } from "../kernel/index.ts";

/** Breakages of the engine; refusals of a statement, a file or a run are values with their own codes. */
export type EngineErrorCode =
  /** Isolation weaker than namespaces was measured and the configuration does not allow that. */
  | "ENGINE_ISOLATION_TOO_WEAK"
  /** A worker process could not be started. */
  | "ENGINE_WORKER_START"
  /** The caller handed something that only a bug can hand: an unsealed plan, a type outside the catalogue. */
  | "ENGINE_REQUEST_INVALID"
  /** The engine was closed, or is closing. */
  | "ENGINE_CLOSED";

export class EngineError extends CodedError<EngineErrorCode> {}
