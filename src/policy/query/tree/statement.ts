import type { At } from "../refusal.ts";
import type { Expr, OrderItem } from "./expression.ts";

/** A column name as written, with what stands before it: nothing, a table, or a schema and a table. */
export interface WrittenName {
  readonly name: string;
  readonly qualifier: readonly string[];
}

/** An expression as the operator wrote it. */
export type Written = Expr<WrittenName, QueryTree>;

/** A query as the operator wrote it. */
export type QueryTree = SelectTree;

export type SelectItem =
  | { readonly kind: "star"; readonly table: string | undefined; readonly at: At }
  | { readonly kind: "expr"; readonly expr: Written; readonly alias: string | undefined };

/** ORDER BY ALL, or written items. */
export type OrderTree =
  | { readonly kind: "all" }
  | { readonly kind: "items"; readonly items: readonly OrderItem<WrittenName, QueryTree>[] };

/** One SELECT as the operator wrote it, in the platform's own shape. */
export interface SelectTree {
  readonly ctes: readonly CteTree[];
  readonly items: readonly SelectItem[];
  readonly from: FromTree;
  readonly where: Written | undefined;
  readonly groupBy: readonly Written[];
  /** GROUP BY ALL. */
  readonly groupAll: boolean;
  readonly having: Written | undefined;
  readonly qualify: Written | undefined;
  readonly distinct: boolean;
  readonly order: OrderTree;
  readonly limit: number | undefined;
  readonly offset: number | undefined;
  readonly at: At;
}

export interface CteTree {
  readonly name: string;
  readonly columns: readonly string[];
  readonly query: QueryTree;
}

export type JoinKind = "inner" | "left" | "right" | "full" | "cross";

export type FromTree =
  | { readonly kind: "none"; readonly at: At }
  | {
      readonly kind: "table";
      readonly name: string;
      readonly alias: string | undefined;
      readonly columns: readonly string[];
      readonly at: At;
    }
  | {
      readonly kind: "query";
      readonly query: QueryTree;
      readonly alias: string | undefined;
      readonly columns: readonly string[];
      readonly at: At;
    }
  | {
      readonly kind: "values";
      readonly rows: readonly (readonly Written[])[];
      readonly alias: string | undefined;
      readonly columns: readonly string[];
      readonly at: At;
    }
  | {
      readonly kind: "join";
      readonly join: JoinKind;
      readonly left: FromTree;
      readonly right: FromTree;
      readonly on: Written | undefined;
      readonly using: readonly string[];
      readonly at: At;
    };
