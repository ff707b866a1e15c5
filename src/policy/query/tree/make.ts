import type { CompareOp, Expr, LiteralExpr } from "./expression.ts";

/** Small builders for nodes that the compiler itself puts in. */
export const literalNull: LiteralExpr = Object.freeze<LiteralExpr>({ kind: "literal", value: { type: "null" }, at: undefined });
export const literalTrue: LiteralExpr = Object.freeze<LiteralExpr>({
  kind: "literal",
  value: { type: "boolean", value: true },
  at: undefined,
});

export function isTrue<R>(expr: Expr<R>): boolean {
  return expr.kind === "literal" && expr.value.type === "boolean" && expr.value.value;
}

export function numberLiteral(text: string, form: "integer" | "decimal" | "double"): LiteralExpr {
  return Object.freeze<LiteralExpr>({ kind: "literal", value: { type: "number", text, form }, at: undefined });
}

export function call<R>(fn: string, ...args: readonly Expr<R>[]): Expr<R> {
  return Object.freeze({ kind: "call", fn, args, at: undefined });
}

export function compare<R>(op: CompareOp, left: Expr<R>, right: Expr<R>): Expr<R> {
  return Object.freeze({ kind: "compare", op, left, right, at: left.at });
}

export function isNull<R>(arg: Expr<R>, negated = false): Expr<R> {
  return Object.freeze({ kind: "is-null", negated, arg, at: arg.at });
}

export function not<R>(arg: Expr<R>): Expr<R> {
  return Object.freeze({ kind: "not", arg, at: arg.at });
}

/** True where the condition is false *or unknown*: what an ELSE branch means. */
export function notTrue<R>(arg: Expr<R>): Expr<R> {
  return compare("distinct", arg, literalTrue);
}

export function logic<R>(op: "and" | "or", args: readonly Expr<R>[]): Expr<R> {
  const [only] = args;
  return args.length === 1 && only !== undefined ? only : Object.freeze({ kind: "logic", op, args, at: args[0]?.at });
}

/** The conjuncts of a condition: AND taken apart at the top. */
export function conjunctsOf<R>(condition: Expr<R>): readonly Expr<R>[] {
  return condition.kind === "logic" && condition.op === "and" ? condition.args.flatMap(conjunctsOf) : [condition];
}
