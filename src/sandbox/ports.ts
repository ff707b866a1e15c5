import type { Governance } from "../governance/index.ts";

/** The newest load of a resource. */
export interface LoadedVersion {
  readonly resource: string;
  readonly version: string;
  readonly contentHash: string;
  /** Parquet files, in row order. */
  readonly files: readonly string[];
}

/** What the sandbox asks of the agreement and of the catalogue; each call reads the store anew. */
export interface SandboxFacts extends Pick<Governance, "inForce" | "scopeOf"> {
  newestVersion(resource: string): Promise<LoadedVersion | undefined>;
}
