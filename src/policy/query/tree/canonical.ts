import type { Expr, ExprKind, OrderItem } from "./expression.ts";
import { literalText } from "./literal-text.ts";

type Print<R> = (child: Expr<R>) => string;
type PrintTable = { readonly [K in ExprKind]: <R>(e: Extract<Expr<R>, { kind: K }>, print: Print<R>) => string };

function order<R>(items: readonly OrderItem<R>[], print: Print<R>): string {
  return items
    .map((item) => [print(item.expr), item.direction, item.nulls].filter((part) => part !== undefined).join(" "))
    .join(", ");
}

const list = <R>(items: readonly Expr<R>[], print: Print<R>): string => items.map(print).join(", ");

const printers: Omit<PrintTable, "ref"> = {
  literal: (e) => literalText(e.value),
  call: (e, print) => `${e.fn}(${list(e.args, print)})`,
  aggregate: (e, print) => {
    const filter = e.filter === undefined ? "" : ` filter (${print(e.filter)})`;
    return `${e.fn}(${e.distinct ? "distinct " : ""}${list(e.args, print)}; ${order(e.order, print)})${filter}`;
  },
  window: (e, print) =>
    `${e.fn}(${list(e.args, print)}) over (${list(e.partition, print)}; ${order(e.order, print)}; ${JSON.stringify(e.frame ?? null)})`,
  compare: (e, print) => `(${print(e.left)} ${e.op} ${print(e.right)})`,
  logic: (e, print) => `(${e.args.map(print).join(` ${e.op} `)})`,
  not: (e, print) => `not ${print(e.arg)}`,
  "is-null": (e, print) => `(${print(e.arg)} is ${e.negated ? "not " : ""}null)`,
  in: (e, print) => `(${print(e.arg)} ${e.negated ? "not " : ""}in (${list(e.list, print)}))`,
  case: (e, print) =>
    `case ${e.branches.map((branch) => `when ${print(branch.when)} then ${print(branch.result)}`).join(" ")} else ${print(e.otherwise)} end`,
  cast: (e, print) => `${e.lenient ? "try_cast" : "cast"}(${print(e.arg)} as ${e.type})`,
};

/** One text for one meaningless-difference class: places do not count. Used for equality, evidence and explanation, never run. */
export function canonicalText<R>(expr: Expr<R>, labelOf: (ref: R) => string): string {
  if (expr.kind === "ref") return labelOf(expr.ref);
  const printer = printers[expr.kind] as (e: Expr<R>, print: Print<R>) => string;
  return printer(expr, (child) => canonicalText(child, labelOf));
}
