export type { Compiler, FirewallVerdict, Parsed } from "./compiler.ts";
export type { BoundColumn, CheckedStatements, Described, Rejected, RejectionStage, TextPosition } from "./compiler-messages.ts";
export { createEngine, type Engine, type WorkerState } from "./engine.ts";
export { EngineError, type EngineErrorCode } from "./errors.ts";
export type {
  CheckAnswer,
  CheckRequest,
  Ingest,
  IngestAnswer,
  Ingested,
  IngestRequest,
  SampleAnswer,
  SampleRequest,
} from "./ingest.ts";
export type {
  ColumnProfile,
  FileFormat,
  IngestChecked,
  IngestColumn,
  IngestLimits,
  IngestProblem,
  IngestRefusalCode,
  IngestRefused,
  IngestSubject,
  Profile,
} from "./ingest-messages.ts";
export type { IsolationLevel, IsolationMeasured, IsolationReport } from "./isolation.ts";
export { defaultEngineLimits, type EngineLimits } from "./limits.ts";
export type { EngineLog } from "./log.ts";
export type { WorkerRole } from "./process-worker.ts";
export type { ProvisionAnswer, ProvisionRequest, ProvisionTable } from "./provision.ts";
export type { ProvisionColumn, ProvisionFailureCode, RecordKeyColumn, RowFilter } from "./provision-messages.ts";
export type { RunAnswer, RunEvidence, RunFailureCode, RunLimits, RunTable, RunValue } from "./run-messages.ts";
export type { GovernedPlanLike, RunHandle, RunRequest } from "./runner.ts";
export type { ColumnSample, Sampled, ValueForm } from "./sample-messages.ts";
export { type PlacedStatement, placeInFile, splitStatements } from "./split-statements.ts";
export type { StoredFile } from "./staging.ts";
export { sweepWorkFolders } from "./sweep-work-folders.ts";
