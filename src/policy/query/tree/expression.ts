import type { At } from "../refusal.ts";

/** Values a statement may carry; numbers as decimal text, so that nothing is lost on the way through. */
export type LiteralValue =
  | { readonly type: "null" }
  | { readonly type: "boolean"; readonly value: boolean }
  | { readonly type: "number"; readonly text: string; readonly form: "integer" | "decimal" | "double" }
  | { readonly type: "text"; readonly value: string };

export type CompareOp = "=" | "<>" | "<" | "<=" | ">" | ">=" | "distinct" | "not-distinct";

/**
 * The platform's own expression tree, free of dialect. `R` is what a column reference is: a written
 * name before resolution, a field of a relation after it, so the two can never be mixed up. `Q` is
 * likewise what a subquery is: a written query before resolution, a handle of a compiled one after it.
 */
export type Expr<R, Q> =
  | RefExpr<R>
  | LiteralExpr
  | CallExpr<R, Q>
  | AggregateExpr<R, Q>
  | WindowExpr<R, Q>
  | CompareExpr<R, Q>
  | LogicExpr<R, Q>
  | NotExpr<R, Q>
  | IsNullExpr<R, Q>
  | InExpr<R, Q>
  | CaseExpr<R, Q>
  | CastExpr<R, Q>
  | SubqueryExpr<R, Q>
  | LambdaExpr<R, Q>;

export type ExprKind = Expr<unknown, unknown>["kind"];

export interface RefExpr<R> {
  readonly kind: "ref";
  readonly ref: R;
  readonly at: At;
}
export interface LiteralExpr {
  readonly kind: "literal";
  readonly value: LiteralValue;
  readonly at: At;
}
/** A scalar function or operator of the catalogue. */
export interface CallExpr<R, Q> {
  readonly kind: "call";
  readonly fn: string;
  readonly args: readonly Expr<R, Q>[];
  /** Names of arguments, where they have some. */
  readonly names?: readonly (string | undefined)[] | undefined;
  readonly at: At;
}
export interface AggregateExpr<R, Q> {
  readonly kind: "aggregate";
  readonly fn: string;
  readonly args: readonly Expr<R, Q>[];
  readonly distinct: boolean;
  readonly filter: Expr<R, Q> | undefined;
  readonly order: readonly OrderItem<R, Q>[];
  readonly at: At;
}
export interface WindowExpr<R, Q> {
  readonly kind: "window";
  readonly fn: string;
  readonly args: readonly Expr<R, Q>[];
  readonly partition: readonly Expr<R, Q>[];
  readonly order: readonly OrderItem<R, Q>[];
  readonly distinct: boolean;
  readonly ignoreNulls: boolean;
  readonly filter: Expr<R, Q> | undefined;
  /** ORDER BY among the arguments. */
  readonly argOrder: readonly OrderItem<R, Q>[];
  readonly frame: WindowFrame<R, Q> | undefined;
  readonly at: At;
}
/** A written frame; undefined in a window stands for the frame that windows have by themselves. */
export interface WindowFrame<R, Q> {
  readonly unit: "ROWS" | "RANGE" | "GROUPS";
  readonly start: FrameBound<R, Q>;
  readonly end: FrameBound<R, Q>;
  readonly exclude: "CURRENT ROW" | "GROUP" | "TIES" | undefined;
}
export type FrameBound<R, Q> =
  | "UNBOUNDED PRECEDING"
  | "CURRENT ROW"
  | "UNBOUNDED FOLLOWING"
  | { readonly offset: Expr<R, Q>; readonly direction: "PRECEDING" | "FOLLOWING" };
export interface OrderItem<R, Q> {
  readonly expr: Expr<R, Q>;
  readonly direction: "asc" | "desc" | undefined;
  readonly nulls: "first" | "last" | undefined;
}
export interface CompareExpr<R, Q> {
  readonly kind: "compare";
  readonly op: CompareOp;
  readonly left: Expr<R, Q>;
  readonly right: Expr<R, Q>;
  readonly at: At;
}
export interface LogicExpr<R, Q> {
  readonly kind: "logic";
  readonly op: "and" | "or";
  readonly args: readonly Expr<R, Q>[];
  readonly at: At;
}
export interface NotExpr<R, Q> {
  readonly kind: "not";
  readonly arg: Expr<R, Q>;
  readonly at: At;
}
export interface IsNullExpr<R, Q> {
  readonly kind: "is-null";
  readonly negated: boolean;
  readonly arg: Expr<R, Q>;
  readonly at: At;
}
export interface InExpr<R, Q> {
  readonly kind: "in";
  readonly negated: boolean;
  readonly arg: Expr<R, Q>;
  readonly list: readonly Expr<R, Q>[];
  readonly at: At;
}
export interface CaseBranch<R, Q> {
  readonly when: Expr<R, Q>;
  readonly result: Expr<R, Q>;
}
export interface CaseExpr<R, Q> {
  readonly kind: "case";
  readonly branches: readonly CaseBranch<R, Q>[];
  readonly otherwise: Expr<R, Q>;
  readonly at: At;
}
export interface CastExpr<R, Q> {
  readonly kind: "cast";
  readonly arg: Expr<R, Q>;
  /** One of the plain type texts that the reader lets through. */
  readonly type: string;
  readonly lenient: boolean;
  readonly at: At;
}

/** A query as a value, as the question whether it has rows, or as what a value is compared with (`any`; ALL is NOT … ANY). */
export interface SubqueryExpr<R, Q> {
  readonly kind: "subquery";
  readonly form: SubqueryForm<R, Q>;
  readonly query: Q;
  readonly at: At;
}
export type SubqueryForm<R, Q> =
  | { readonly kind: "scalar" }
  | { readonly kind: "exists" }
  | { readonly kind: "any"; readonly op: CompareOp; readonly arg: Expr<R, Q> };

/** A function without a name, as an argument; its parameters are names inside the body only. */
export interface LambdaExpr<R, Q> {
  readonly kind: "lambda";
  readonly parameters: readonly string[];
  readonly body: Expr<R, Q>;
  readonly at: At;
}
