import type { ReleaseDraft } from "../release/model.ts";
import type { Bound, Field, SubjectRows, SubqueryRef } from "../resolve/field.ts";
import type { Scope, ScopeColumn } from "../resolve/scope.ts";
import type { OrderItem } from "../tree/expression.ts";
import type { JoinKind, SetOp } from "../tree/statement.ts";

/** Where released or public rows come from, free of dialect. */
export type FromPlan =
  | { readonly kind: "none" }
  | { readonly kind: "table"; readonly name: string; readonly alias: string }
  | { readonly kind: "query"; readonly query: QueryPlan; readonly alias: string }
  | { readonly kind: "cte"; readonly name: string; readonly recurring: boolean; readonly alias: string }
  /** The cells of a release that passed. */
  | { readonly kind: "release"; readonly release: ReleaseDraft; readonly alias: string }
  | {
      readonly kind: "set";
      readonly op: SetOp;
      readonly all: boolean;
      readonly left: QueryPlan;
      readonly right: QueryPlan;
      readonly alias: string;
    }
  | {
      readonly kind: "function";
      readonly fn: string;
      readonly args: readonly Bound[];
      readonly ordinality: boolean;
      readonly columns: readonly string[];
      readonly alias: string;
    }
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
      /** The right side looks at columns of the left. */
      readonly lateral: boolean;
    };

/** A WITH query under the platform's own name. */
export interface CtePlan {
  readonly name: string;
  readonly query: QueryPlan;
  /** What a recursion adds from the rows that came last. */
  readonly step: StepPlan | undefined;
}

export interface StepPlan {
  readonly query: QueryPlan;
  readonly all: boolean;
  /** Columns of USING KEY, by the platform's own names. */
  readonly keys: readonly string[];
  readonly width: number;
}

/** A SELECT over released or public rows. Its columns are called c1, c2, … until the outermost one gets its names. */
export interface QueryPlan {
  /** WITH queries that look at what is around this query, and so cannot stand before the whole statement. */
  readonly ctes: readonly CtePlan[];
  readonly items: readonly Bound[];
  readonly from: FromPlan;
  readonly where: Bound | undefined;
  readonly groupBy: readonly Bound[];
  /** Grouping sets as places in `groupBy`; undefined for one set of them all. */
  readonly groupSets: readonly (readonly number[])[] | undefined;
  readonly having: Bound | undefined;
  readonly qualify: Bound | undefined;
  readonly distinct: boolean;
  readonly distinctOn: readonly Bound[];
  readonly order: readonly OrderItem<Field, SubqueryRef>[];
  readonly limit: LimitPlan | undefined;
  readonly offset: Bound | undefined;
}

/** A number of rows, or a share of them in per cent; no column stands in it. */
export interface LimitPlan {
  readonly count: Bound;
  readonly percent: boolean;
}

/** SELECT … FROM … without any clause, to start from. */
export const plainQuery = {
  ctes: [],
  where: undefined,
  groupBy: [],
  groupSets: undefined,
  having: undefined,
  qualify: undefined,
  distinct: false,
  distinctOn: [],
  order: [],
  limit: undefined,
  offset: undefined,
} as const;

/** What stands in a FROM clause. */
export type Relation =
  | { readonly kind: "subject"; readonly rows: SubjectRows; readonly scope: Scope; readonly total?: boolean | undefined }
  | { readonly kind: "free"; readonly from: FromPlan; readonly scope: Scope };

/** What a SELECT compiles to: still rows of owners, or rows that may be shown. */
export type Compiled =
  | {
      readonly kind: "subject";
      readonly rows: SubjectRows;
      readonly columns: readonly ScopeColumn[];
      /**
       * An aggregate without GROUP BY over rows that are tied to an owner around them: one row for each such owner, also for
       * one without any. It stands beside the owner's row, as a value or in a lateral join, and nowhere else.
       */
      readonly total?: boolean | undefined;
    }
  | {
      readonly kind: "free";
      readonly query: QueryPlan;
      readonly names: readonly (string | undefined)[];
      /** For a release that a value around it chose from: what its last columns are joined to. */
      readonly joinedTo?: readonly Bound[] | undefined;
    };

export function columnId(index: number): string {
  return `c${index + 1}`;
}
