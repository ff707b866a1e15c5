import type { Expr, ExprKind, FrameBound, OrderItem, WindowFrame } from "./expression.ts";
import { literalText } from "./literal-text.ts";

type Print<R, Q> = (child: Expr<R, Q>) => string;
type PrintTable = { readonly [K in ExprKind]: <R, Q>(e: Extract<Expr<R, Q>, { kind: K }>, print: Print<R, Q>) => string };

function order<R, Q>(items: readonly OrderItem<R, Q>[], print: Print<R, Q>): string {
  return items
    .map((item) => [print(item.expr), item.direction, item.nulls].filter((part) => part !== undefined).join(" "))
    .join(", ");
}

const list = <R, Q>(items: readonly Expr<R, Q>[], print: Print<R, Q>): string => items.map(print).join(", ");

function frameText<R, Q>(frame: WindowFrame<R, Q> | undefined, print: Print<R, Q>): string {
  const bound = (b: FrameBound<R, Q>): string => (typeof b === "string" ? b : `${print(b.offset)} ${b.direction}`);
  return frame === undefined ? "" : [frame.unit, bound(frame.start), bound(frame.end), frame.exclude].join(" ");
}

const printers: Omit<PrintTable, "ref" | "subquery"> = {
  literal: (e) => literalText(e.value),
  call: (e, print) => `${e.fn}(${e.names === undefined ? "" : `${JSON.stringify(e.names)}: `}${list(e.args, print)})`,
  lambda: (e, print) => `lambda ${JSON.stringify(e.parameters)}: ${print(e.body)}`,
  aggregate: (e, print) => {
    const filter = e.filter === undefined ? "" : ` filter (${print(e.filter)})`;
    return `${e.fn}(${e.distinct ? "distinct " : ""}${list(e.args, print)}; ${order(e.order, print)})${filter}`;
  },
  window: (e, print) => {
    const args = `${e.distinct ? "distinct " : ""}${list(e.args, print)}; ${order(e.argOrder, print)}; ${e.ignoreNulls}`;
    const filter = e.filter === undefined ? "" : ` filter (${print(e.filter)})`;
    return `${e.fn}(${args})${filter} over (${list(e.partition, print)}; ${order(e.order, print)}; ${frameText(e.frame, print)})`;
  },
  compare: (e, print) => `(${print(e.left)} ${e.op} ${print(e.right)})`,
  logic: (e, print) => `(${e.args.map(print).join(` ${e.op} `)})`,
  not: (e, print) => `not ${print(e.arg)}`,
  "is-null": (e, print) => `(${print(e.arg)} is ${e.negated ? "not " : ""}null)`,
  in: (e, print) => `(${print(e.arg)} ${e.negated ? "not " : ""}in (${list(e.list, print)}))`,
  case: (e, print) =>
    `case ${e.branches.map((branch) => `when ${print(branch.when)} then ${print(branch.result)}`).join(" ")} else ${print(e.otherwise)} end`,
  cast: (e, print) => `${e.lenient ? "try_cast" : "cast"}(${print(e.arg)} as ${e.type})`,
};

/** What stands for references and for subqueries in a text. */
export interface Labels<R, Q> {
  ref(ref: R): string;
  query(query: Q): string;
}

/** One text for one meaningless-difference class: places do not count. Used for equality, evidence and explanation, never run. */
export function canonicalText<R, Q>(expr: Expr<R, Q>, labels: Labels<R, Q>): string {
  const print: Print<R, Q> = (child) => canonicalText(child, labels);
  if (expr.kind === "ref") return labels.ref(expr.ref);
  if (expr.kind === "subquery") {
    const { form } = expr;
    const query = labels.query(expr.query);
    return form.kind === "any" ? `(${print(form.arg)} ${form.op} any ${query})` : `${form.kind} ${query}`;
  }
  const printer = printers[expr.kind] as (e: Expr<R, Q>, print: Print<R, Q>) => string;
  return printer(expr, print);
}
