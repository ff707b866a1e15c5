import type { ColumnControls } from "./controls.ts";

/** What a column is for the rules of design §5; the agreement's schema carries one per column. */
export type ColumnRole = "identifier" | "quasi-identifier" | "measure" | "attribute" | "free-text";

export interface SchemaColumn extends ColumnControls {
  readonly name: string;
  /** DuckDB type text, such as `VARCHAR` or `DECIMAL(18,2)`. */
  readonly type: string;
  readonly role: ColumnRole;
}

/** One owner-key expression of a table: whose row it is. `unique`: at most one row per owner. */
export interface SchemaSubject {
  readonly kind: string;
  readonly column: string;
  readonly unique: boolean;
}

export interface SchemaTable {
  readonly name: string;
  readonly grade: "public" | "protected";
  readonly subjects: readonly SchemaSubject[];
  readonly columns: readonly SchemaColumn[];
  /** Public tables: sets of columns, none of them NULL, that are never equal in two rows. */
  readonly keys?: readonly (readonly string[])[] | undefined;
}

/** All that one agreement lets a statement see; a name outside it does not exist. */
export interface AgreementSchema {
  readonly tables: readonly SchemaTable[];
}

/** Lower case of ASCII letters only: how DuckDB matches names. `toLowerCase` would also fold `İ` and `K` (Kelvin). */
export function foldName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

export function findTable(schema: AgreementSchema, name: string): SchemaTable | undefined {
  const folded = foldName(name);
  return schema.tables.find((table) => foldName(table.name) === folded);
}

/** The owner key that a column is, if it is one. */
export function subjectOf(table: SchemaTable, column: string): SchemaSubject | undefined {
  const folded = foldName(column);
  return table.subjects.find((subject) => foldName(subject.column) === folded);
}

/** Names with this beginning belong to the platform (record keys, releases); operators cannot say them. */
export const reservedPrefix = "__";
