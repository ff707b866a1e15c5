import type { CompareOp, Expr, LiteralExpr } from "./expression.ts";

/** Small builders for nodes that the compiler itself puts in. */
export const literalNull: LiteralExpr = Object.freeze<LiteralExpr>({ kind: "literal", value: { type: "null" }, at: undefined });
export const literalTrue: LiteralExpr = Object.freeze<LiteralExpr>({
  kind: "literal",
  value: { type: "boolean", value: true },
  at: undefined,
});

export function isTrue<R, Q>(expr: Expr<R, Q>): boolean {
  return expr.kind === "literal" && expr.value.type === "boolean" && expr.value.value;
}

export function numberLiteral(text: string, form: "integer" | "decimal" | "double"): LiteralExpr {
  return Object.freeze<LiteralExpr>({ kind: "literal", value: { type: "number", text, form }, at: undefined });
}

export function call<R, Q>(fn: string, ...args: readonly Expr<R, Q>[]): Expr<R, Q> {
  return Object.freeze({ kind: "call", fn, args, at: undefined });
}

export function compare<R, Q>(op: CompareOp, left: Expr<R, Q>, right: Expr<R, Q>): Expr<R, Q> {
  return Object.freeze({ kind: "compare", op, left, right, at: left.at });
}

export function isNull<R, Q>(arg: Expr<R, Q>, negated = false): Expr<R, Q> {
  return Object.freeze({ kind: "is-null", negated, arg, at: arg.at });
}

export function not<R, Q>(arg: Expr<R, Q>): Expr<R, Q> {
  return Object.freeze({ kind: "not", arg, at: arg.at });
}

/** True where the condition is false *or unknown*: what an ELSE branch means. */
export function notTrue<R, Q>(arg: Expr<R, Q>): Expr<R, Q> {
  return compare("distinct", arg, literalTrue);
}

export function logic<R, Q>(op: "and" | "or", args: readonly Expr<R, Q>[]): Expr<R, Q> {
  const [only] = args;
  return args.length === 1 && only !== undefined ? only : Object.freeze({ kind: "logic", op, args, at: args[0]?.at });
}

/** The conjuncts of a condition: AND taken apart at the top. */
export function conjunctsOf<R, Q>(condition: Expr<R, Q>): readonly Expr<R, Q>[] {
  return condition.kind === "logic" && condition.op === "and" ? condition.args.flatMap(conjunctsOf) : [condition];
}
