/** A condition on the rows in scope, typed: never SQL text. */
export interface RowFilter {
  readonly column: string;
  readonly op: "=" | "<>" | "<" | "<=" | ">" | ">=" | "in" | "is-null" | "is-not-null";
  readonly value?: string | number | boolean | readonly (string | number | boolean)[] | undefined;
}

export type ProvisionColumn =
  | { readonly name: string; readonly type: string; readonly as: "plain" }
  /** An owner key: replaced by a BIGINT under the same name. */
  | { readonly name: string; readonly type: string; readonly as: "surrogate"; readonly kind: string };

/** An owner's record key, in a hidden INTEGER column beside it. */
export interface RecordKeyColumn {
  readonly column: string;
  readonly kind: string;
  readonly hidden: string;
}

export interface ProvisionTableShape {
  readonly name: string;
  readonly columns: readonly ProvisionColumn[];
  readonly rowFilter: readonly RowFilter[];
  readonly recordKeys: readonly RecordKeyColumn[];
}

/** Names of the tables beside those in scope, which operators cannot say. */
export interface HiddenTables {
  /** What certificates rest on: greatest contributions of one owner. */
  readonly profile: string;
  /** The key of all noise, per table. */
  readonly noise: string;
}

export interface ProvisionCommand {
  readonly hidden: HiddenTables;
  /** Path of the database file to make. */
  readonly output: string;
  /** HMAC keys, hex; only ever in this frame and in the process's memory. */
  readonly surrogateKey: string;
  readonly tables: readonly (ProvisionTableShape & { readonly files: readonly string[]; readonly familySecret: string })[];
  readonly memoryBytes: number;
  readonly threads: number;
}

export type ProvisionFailureCode =
  | "ENGINE_PROVISION_FAILED"
  | "ENGINE_DISK_FULL"
  | "ENGINE_TIMEOUT"
  | "ENGINE_MEMORY"
  | "ENGINE_CRASHED";
