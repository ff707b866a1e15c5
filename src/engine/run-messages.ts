import type { BoundColumn } from "./compiler-messages.ts";

/** Bounds of one run. */
export interface RunLimits {
  readonly timeoutMs: number;
  /** DuckDB's memory; the process is killed 256 MiB above it. */
  readonly memoryBytes: number;
  /** JSON bytes of the result; the evidence may have four times as many. */
  readonly resultBytes: number;
  readonly threads: number;
}

export const evidenceShare = 4;

/** Command to a run worker: the governed plan's texts and the path of its one database. */
export interface RunCommand {
  readonly steps: readonly string[];
  readonly resultSql: string;
  readonly releases: readonly { readonly id: string; readonly evidenceSql: string }[];
  readonly database: string;
  readonly limits: RunLimits;
}

export type RunFailureCode =
  | "ENGINE_TIMEOUT"
  | "ENGINE_MEMORY"
  | "ENGINE_RESULT_TOO_LARGE"
  | "ENGINE_CANCELLED"
  | "ENGINE_CRASHED"
  | "ENGINE_QUERY_FAILED";

/** A value as the engine's JSON conversion writes it: BIGINT and DECIMAL as exact text, dates ISO, NaN and Infinity as text. */
export type RunValue = null | boolean | number | string | readonly RunValue[] | { readonly [key: string]: RunValue };

export interface RunTable {
  readonly columns: readonly BoundColumn[];
  readonly rows: readonly (readonly RunValue[])[];
}

export interface RunEvidence extends RunTable {
  readonly release: string;
}

export type RunAnswer =
  | ({ readonly kind: "done"; readonly evidence: readonly RunEvidence[] } & RunTable)
  | { readonly kind: "failed"; readonly code: RunFailureCode };
