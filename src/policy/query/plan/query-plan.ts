import type { ReleaseDraft } from "../release/model.ts";
import type { Bound, Field, SubjectRows, SubqueryRef } from "../resolve/field.ts";
import type { Scope, ScopeColumn } from "../resolve/scope.ts";
import type { OrderItem } from "../tree/expression.ts";
import type { JoinKind } from "../tree/statement.ts";

/** Where released or public rows come from, free of dialect. */
export type FromPlan =
  | { readonly kind: "none" }
  | { readonly kind: "table"; readonly name: string; readonly alias: string }
  | { readonly kind: "query"; readonly query: QueryPlan; readonly alias: string }
  | { readonly kind: "cte"; readonly name: string; readonly alias: string }
  /** The cells of a release that passed. */
  | { readonly kind: "release"; readonly release: ReleaseDraft; readonly alias: string }
  | {
      readonly kind: "values";
      readonly rows: readonly (readonly Bound[])[];
      readonly columns: readonly string[];
      readonly alias: string;
    }
  | {
      readonly kind: "join";
      readonly join: JoinKind;
      readonly left: FromPlan;
      readonly right: FromPlan;
      readonly on: Bound | undefined;
    };

/** A WITH query under the platform's own name. */
export interface CtePlan {
  readonly name: string;
  readonly query: QueryPlan;
}

/** A SELECT over released or public rows. Its columns are called c1, c2, … until the outermost one gets its names. */
export interface QueryPlan {
  /** WITH queries that look at what is around this query, and so cannot stand before the whole statement. */
  readonly ctes: readonly CtePlan[];
  readonly items: readonly Bound[];
  readonly from: FromPlan;
  readonly where: Bound | undefined;
  readonly groupBy: readonly Bound[];
  readonly having: Bound | undefined;
  readonly qualify: Bound | undefined;
  readonly distinct: boolean;
  readonly order: readonly OrderItem<Field, SubqueryRef>[];
  readonly limit: number | undefined;
  readonly offset: number | undefined;
}

/** What stands in a FROM clause. */
export type Relation =
  | { readonly kind: "subject"; readonly rows: SubjectRows; readonly scope: Scope }
  | { readonly kind: "free"; readonly from: FromPlan; readonly scope: Scope };

/** What a SELECT compiles to: still rows of owners, or rows that may be shown. */
export type Compiled =
  | { readonly kind: "subject"; readonly rows: SubjectRows; readonly columns: readonly ScopeColumn[] }
  | { readonly kind: "free"; readonly query: QueryPlan; readonly names: readonly (string | undefined)[] };

export function columnId(index: number): string {
  return `c${index + 1}`;
}
