import type { Expr, ExprKind, FrameBound, OrderItem } from "./expression.ts";

type Change<R, S, Q, P> = (child: Expr<R, Q>) => Expr<S, P>;
type RebuildTable = {
  readonly [K in Exclude<ExprKind, "ref">]: <R, S, Q, P>(
    e: Extract<Expr<R, Q>, { kind: K }>,
    change: Change<R, S, Q, P>,
    query: (query: Q) => P,
  ) => Expr<S, P>;
};

function order<R, S, Q, P>(items: readonly OrderItem<R, Q>[], change: Change<R, S, Q, P>): readonly OrderItem<S, P>[] {
  return items.map((item) => ({ ...item, expr: change(item.expr) }));
}

function bound<R, S, Q, P>(b: FrameBound<R, Q>, change: Change<R, S, Q, P>): FrameBound<S, P> {
  return typeof b === "string" ? b : { ...b, offset: change(b.offset) };
}

/** How each node is made again from changed children; a reference has none and is the caller's business. */
const rebuilders: RebuildTable = {
  literal: (e) => e,
  call: (e, change) => ({ ...e, args: e.args.map(change) }),
  aggregate: (e, change) => ({
    ...e,
    args: e.args.map(change),
    filter: e.filter === undefined ? undefined : change(e.filter),
    order: order(e.order, change),
  }),
  window: (e, change) => ({
    ...e,
    args: e.args.map(change),
    partition: e.partition.map(change),
    order: order(e.order, change),
    filter: e.filter === undefined ? undefined : change(e.filter),
    argOrder: order(e.argOrder, change),
    frame:
      e.frame === undefined ? undefined : { ...e.frame, start: bound(e.frame.start, change), end: bound(e.frame.end, change) },
  }),
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
  lambda: (e, change) => ({ ...e, body: change(e.body) }),
  subquery: (e, change, query) => ({
    ...e,
    form: e.form.kind === "any" ? { ...e.form, arg: change(e.form.arg) } : e.form,
    query: query(e.query),
  }),
};

type NoRef<R, Q> = Exclude<Expr<R, Q>, { kind: "ref" }>;

/** The same node over changed children and a changed subquery. */
export function rebuildWith<R, S, Q, P>(expr: NoRef<R, Q>, change: Change<R, S, Q, P>, query: (query: Q) => P): Expr<S, P> {
  const rebuilder = rebuilders[expr.kind] as (e: Expr<R, Q>, change: Change<R, S, Q, P>, query: (query: Q) => P) => Expr<S, P>;
  return Object.freeze(rebuilder(expr, change, query));
}

/** The same node over changed children. */
export function rebuild<R, S, Q>(expr: NoRef<R, Q>, change: Change<R, S, Q, Q>): Expr<S, Q> {
  return rebuildWith(expr, change, (query) => query);
}

/** The children of a node, in the order they are written; what is inside a subquery is none of them. */
export function childrenOf<R, Q>(expr: Expr<R, Q>): readonly Expr<R, Q>[] {
  if (expr.kind === "ref") return [];
  const children: Expr<R, Q>[] = [];
  rebuild<R, R, Q>(expr, (child) => {
    children.push(child);
    return child;
  });
  return children;
}

/** Whether the node, or any below it, holds. */
export function someNode<R, Q>(expr: Expr<R, Q>, holds: (e: Expr<R, Q>) => boolean): boolean {
  return holds(expr) || childrenOf(expr).some((child) => someNode(child, holds));
}
