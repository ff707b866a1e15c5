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
 * name before resolution, a field of a relation after it, so the two can never be mixed up.
 */
export type Expr<R> =
  | RefExpr<R>
  | LiteralExpr
  | CallExpr<R>
  | AggregateExpr<R>
  | WindowExpr<R>
  | CompareExpr<R>
  | LogicExpr<R>
  | NotExpr<R>
  | IsNullExpr<R>
  | InExpr<R>
  | CaseExpr<R>
  | CastExpr<R>;

export type ExprKind = Expr<unknown>["kind"];

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
export interface CallExpr<R> {
  readonly kind: "call";
  readonly fn: string;
  readonly args: readonly Expr<R>[];
  readonly at: At;
}
export interface AggregateExpr<R> {
  readonly kind: "aggregate";
  readonly fn: string;
  readonly args: readonly Expr<R>[];
  readonly distinct: boolean;
  readonly filter: Expr<R> | undefined;
  readonly order: readonly OrderItem<R>[];
  readonly at: At;
}
export interface WindowExpr<R> {
  readonly kind: "window";
  readonly fn: string;
  readonly args: readonly Expr<R>[];
  readonly partition: readonly Expr<R>[];
  readonly order: readonly OrderItem<R>[];
  readonly frame: WindowFrame | undefined;
  readonly at: At;
}
/** Only frames with written bounds; offsets are whole numbers. */
export interface WindowFrame {
  readonly unit: "ROWS" | "RANGE";
  readonly start: FrameBound;
  readonly end: FrameBound;
}
export type FrameBound =
  | "UNBOUNDED PRECEDING"
  | "CURRENT ROW"
  | "UNBOUNDED FOLLOWING"
  | { readonly offset: number; readonly direction: "PRECEDING" | "FOLLOWING" };
export interface OrderItem<R> {
  readonly expr: Expr<R>;
  readonly direction: "asc" | "desc" | undefined;
  readonly nulls: "first" | "last" | undefined;
}
export interface CompareExpr<R> {
  readonly kind: "compare";
  readonly op: CompareOp;
  readonly left: Expr<R>;
  readonly right: Expr<R>;
  readonly at: At;
}
export interface LogicExpr<R> {
  readonly kind: "logic";
  readonly op: "and" | "or";
  readonly args: readonly Expr<R>[];
  readonly at: At;
}
export interface NotExpr<R> {
  readonly kind: "not";
  readonly arg: Expr<R>;
  readonly at: At;
}
export interface IsNullExpr<R> {
  readonly kind: "is-null";
  readonly negated: boolean;
  readonly arg: Expr<R>;
  readonly at: At;
}
export interface InExpr<R> {
  readonly kind: "in";
  readonly negated: boolean;
  readonly arg: Expr<R>;
  readonly list: readonly Expr<R>[];
  readonly at: At;
}
export interface CaseBranch<R> {
  readonly when: Expr<R>;
  readonly result: Expr<R>;
}
export interface CaseExpr<R> {
  readonly kind: "case";
  readonly branches: readonly CaseBranch<R>[];
  readonly otherwise: Expr<R>;
  readonly at: At;
}
export interface CastExpr<R> {
  readonly kind: "cast";
  readonly arg: Expr<R>;
  /** One of the plain type texts that the reader lets through. */
  readonly type: string;
  readonly lenient: boolean;
  readonly at: At;
}
