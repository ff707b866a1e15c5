import type { Expr, ExprKind, OrderItem } from "./expression.ts";

type Change<R, S> = (child: Expr<R>) => Expr<S>;
type RebuildTable = { readonly [K in ExprKind]: <R, S>(e: Extract<Expr<R>, { kind: K }>, change: Change<R, S>) => Expr<S> };

function order<R, S>(items: readonly OrderItem<R>[], change: Change<R, S>): readonly OrderItem<S>[] {
  return items.map((item) => ({ ...item, expr: change(item.expr) }));
}

/** How each node is made again from changed children; a reference has none and is the caller's business. */
const rebuilders: Omit<RebuildTable, "ref"> = {
  literal: (e) => e,
  call: (e, change) => ({ ...e, args: e.args.map(change) }),
  aggregate: (e, change) => ({
    ...e,
    args: e.args.map(change),
    filter: e.filter === undefined ? undefined : change(e.filter),
    order: order(e.order, change),
  }),
  window: (e, change) => ({ ...e, args: e.args.map(change), partition: e.partition.map(change), order: order(e.order, change) }),
  compare: (e, change) => ({ ...e, left: change(e.left), right: change(e.right) }),
  logic: (e, change) => ({ ...e, args: e.args.map(change) }),
  not: (e, change) => ({ ...e, arg: change(e.arg) }),
  "is-null": (e, change) => ({ ...e, arg: change(e.arg) }),
  in: (e, change) => ({ ...e, arg: change(e.arg), list: e.list.map(change) }),
  case: (e, change) => ({
    ...e,
    branches: e.branches.map((branch) => ({ when: change(branch.when), result: change(branch.result) })),
    otherwise: change(e.otherwise),
  }),
  cast: (e, change) => ({ ...e, arg: change(e.arg) }),
};

/** The same node over changed children. */
export function rebuild<R, S>(expr: Exclude<Expr<R>, { kind: "ref" }>, change: Change<R, S>): Expr<S> {
  const rebuilder = rebuilders[expr.kind] as (e: Expr<R>, change: Change<R, S>) => Expr<S>;
  return Object.freeze(rebuilder(expr, change));
}

/** The children of a node, in the order they are written. */
export function childrenOf<R>(expr: Expr<R>): readonly Expr<R>[] {
  if (expr.kind === "ref") return [];
  const children: Expr<R>[] = [];
  rebuild(expr, (child) => {
    children.push(child);
    return child;
  });
  return children;
}

/** Whether the node, or any below it, holds. */
export function someNode<R>(expr: Expr<R>, holds: (e: Expr<R>) => boolean): boolean {
  return holds(expr) || childrenOf(expr).some((child) => someNode(child, holds));
}
