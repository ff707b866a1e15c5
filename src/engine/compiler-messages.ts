/** Messages between the trusted compiler port and a compiler process. */
export interface BoundColumn {
  readonly name: string;
  /** DuckDB type text, e.g. "DECIMAL(18,2)". */
  readonly type: string;
}

export interface TextPosition {
  /** 1-based. */
  readonly line: number;
  /** 1-based, in characters. */
  readonly column: number;
}

/** What the compiler refuses before governed SQL sees the statement, in the order it is checked. */
export type RejectionStage = "size" | "depth" | "firewall" | "syntax" | "bind" | "limit";

export interface Rejected {
  readonly kind: "rejected";
  readonly stage: RejectionStage;
  /** About the caller's own text and the schema it may see; never a suggestion, never engine internals. */
  readonly message: string;
  readonly position?: TextPosition | undefined;
  /** For `check`: which of the statements, from 0. */
  readonly statement?: number | undefined;
}

export interface ParseCommand {
  readonly kind: "parse";
  readonly ddl: string;
  readonly sql: string;
  readonly maxDepth: number;
}

export interface CheckCommand {
  readonly kind: "check";
  readonly ddl: string;
  readonly statements: readonly string[];
}

/** A tree whose parameters have been replaced by literals: what would it give, as the engine binds it? */
export interface DescribeCommand {
  readonly kind: "describe";
  readonly ddl: string;
  readonly ast: string;
}

export type CompilerCommand = ParseCommand | CheckCommand | DescribeCommand;

/** First answer to `parse`: the engine's word. The firewall's reading follows as a second frame. */
export type EngineReading =
  | {
      readonly kind: "read";
      readonly ast: string;
      readonly columns: readonly BoundColumn[];
      readonly mentions: readonly string[];
    }
  | (Rejected & { readonly notSelect?: boolean | undefined });

export interface CheckedStatements {
  readonly kind: "checked";
  /** `json_serialize_sql` of each statement; for `CREATE TEMP TABLE x AS body`, of the body. */
  readonly asts: readonly string[];
  readonly columns: readonly (readonly BoundColumn[])[];
}

export interface Described {
  readonly kind: "described";
  readonly columns: readonly BoundColumn[];
}
