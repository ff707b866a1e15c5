import type { Refusal } from "../kernel/index.ts";
import type { AgreementSchema, ReleaseRules, SchemaColumn, SchemaSubject } from "../policy/index.ts";

/** A condition on the rows in scope, typed: never SQL text. */
export interface RowFilter {
  readonly column: string;
  readonly op: "=" | "<>" | "<" | "<=" | ">" | ">=" | "in" | "is-null" | "is-not-null";
  readonly value?: string | number | boolean | readonly (string | number | boolean)[] | undefined;
}

/** One resource as an agreement version sees it. */
export interface ScopedTable {
  /** Its name in SQL. */
  readonly name: string;
  readonly resource: string;
  readonly family: string;
  readonly columns: readonly SchemaColumn[];
  readonly subjects: readonly SchemaSubject[];
  readonly rowFilter: readonly RowFilter[];
}

/** What an agreement version allows, as values. */
export interface AgreementScope {
  readonly agreement: string;
  readonly version: string;
  readonly schema: AgreementSchema;
  readonly rules: ReleaseRules;
  readonly tables: readonly ScopedTable[];
}

/** The newest load of a resource. */
export interface LoadedVersion {
  readonly resource: string;
  readonly version: string;
  readonly contentHash: string;
  readonly files: readonly string[];
}

/** What the sandbox asks of the agreement and of the catalogue; each call reads the store anew. */
export interface SandboxFacts {
  inForce(agreement: string): Promise<boolean>;
  scopeOf(agreementVersion: string): Promise<AgreementScope | Refusal>;
  newestVersion(resource: string): Promise<LoadedVersion | undefined>;
}
