import type { Exists, Query, Value } from "./ast.ts";
import type { ColumnType, Relation, Role } from "./relation.ts";

export interface TableColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly role: Role;
  /** Measures: what constants are multiples of. */
  readonly grid: number | undefined;
  /** Owner keys: whom they name. */
  readonly kind: "person" | "firm" | undefined;
}

export interface Table {
  readonly name: string;
  readonly grade: "public" | "protected";
  /** At most one row per owner. */
  readonly unique: boolean;
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly Value[])[];
}

/** The release rules, as the agreement of the case has them. */
export interface Rules {
  readonly minOwners: number;
  readonly dominanceShare: number;
  readonly pPercent: number;
}

/** One database under one agreement. Without rules the oracle is a plain, slow SQL engine. */
export interface World {
  readonly tables: readonly Table[];
  readonly rules: Rules | undefined;
}

/** What one evaluation keeps: the tie values for which a tied subquery has a row. */
export interface Run {
  readonly world: World;
  readonly exists: Map<Exists, ReadonlySet<string>>;
  /** The rows of a subquery under an alias. */
  readonly query: (query: Query, as: string, run: Run) => Relation;
}
