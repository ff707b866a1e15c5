/** Bounds of the engine's own processes; those of one file or one run stand in its request. */
export interface EngineLimits {
  /** Compiler processes kept ready. */
  readonly compilers: number;
  /** Enclave workers kept ready, each used once. */
  readonly workers: number;
  /** Longest SQL text, UTF-8 bytes; refused before anything parses it. */
  readonly sqlBytes: number;
  /** Deepest nesting of brackets; refused before anything parses it. */
  readonly sqlDepth: number;
  /** Time of one parse or check before its process is killed, milliseconds. */
  readonly compileTimeoutMs: number;
  /** Statements a compiler process serves before it is replaced. */
  readonly compileRequests: number;
  /** Resident memory of a compiler process before it is killed, bytes. */
  readonly compileMemoryBytes: number;
  /** Statements waiting for a compiler before further ones are refused. */
  readonly compileQueue: number;
  /** Memory of an ingest or provision process, bytes. */
  readonly loadMemoryBytes: number;
  /** DuckDB threads of an ingest or provision process. */
  readonly loadThreads: number;
  /** Time of one provisioning, milliseconds. */
  readonly provisionTimeoutMs: number;
}

export const defaultEngineLimits: EngineLimits = {
  compilers: 2,
  workers: 2,
  sqlBytes: 65_536,
  sqlDepth: 128,
  compileTimeoutMs: 2000,
  compileRequests: 200,
  compileMemoryBytes: 512 * 1024 * 1024,
  compileQueue: 256,
  loadMemoryBytes: 2048 * 1024 * 1024,
  loadThreads: 2,
  provisionTimeoutMs: 1_800_000,
};
