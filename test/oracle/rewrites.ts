import { type Agg, type CompareOp, type Expr, type From, lit, mapChildren, type Query, type Select } from "./ast.ts";

/** A statement written otherwise that means the same. */
export interface Rewrite {
  readonly name: string;
  readonly apply: (query: Query) => Query;
}

/** Changes every expression, and every FROM, of a statement through all its levels. */
interface Change {
  readonly expr?: (expr: Expr) => Expr;
  readonly from?: (from: From) => From;
  readonly select?: (select: Select) => Select;
}

function changed(query: Query, change: Change): Query {
  if (query.k === "union") return { ...query, parts: query.parts.map((part) => changed(part, change)) };
  const ofExpr = (expr: Expr): Expr => {
    const inner = mapChildren(expr, ofExpr);
    const own: Expr = inner.k === "exists" ? { ...inner, from: ofFrom(inner.from), where: inner.where.map(ofExpr) } : inner;
    return change.expr?.(own) ?? own;
  };
  const ofFrom = (from: From): From => {
    const own = ofParts(from);
    return change.from?.(own) ?? own;
  };
  const ofParts = (from: From): From => {
    if (from.k === "query") return { ...from, query: changed(from.query, change) };
    return from.k === "join" ? { ...from, left: ofFrom(from.left), right: ofFrom(from.right), on: from.on.map(ofExpr) } : from;
  };
  const made: Select = {
    ...query,
    items: query.items.map((item) => ({ ...item, expr: ofExpr(item.expr) })),
    from: ofFrom(query.from),
    where: query.where.map(ofExpr),
    groupBy: query.groupBy?.map(ofExpr),
    having: query.having === undefined ? undefined : ofExpr(query.having),
    qualify: query.qualify === undefined ? undefined : ofExpr(query.qualify),
    order: query.order.map((item) => ({ ...item, expr: ofExpr(item.expr) })),
  };
  return change.select?.(made) ?? made;
}

const not = (arg: Expr): Expr => ({ k: "not", arg });
const turned: Readonly<Record<CompareOp, CompareOp>> = { "=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<=" };

/** The other way round, with the halves of AND and OR as well. */
function reordered(expr: Expr): Expr {
  if (expr.k === "logic") return { ...expr, args: expr.args.toReversed() };
  return expr.k === "cmp" ? { ...expr, op: turned[expr.op], left: expr.right, right: expr.left } : expr;
}

function deniedTwice(expr: Expr): Expr {
  return expr.k === "cmp" || expr.k === "logic" ? not(not(expr)) : expr;
}

function asRange(expr: Expr): Expr {
  if (expr.k !== "between") return expr;
  const low: Expr = { k: "cmp", op: ">=", left: expr.arg, right: expr.low };
  return { k: "logic", op: "and", args: [low, { k: "cmp", op: "<=", left: expr.arg, right: expr.high }] };
}

function asAlternatives(expr: Expr): Expr {
  if (expr.k !== "in") return expr;
  const parts = expr.list.map((item): Expr => ({ k: "cmp", op: expr.negated ? "<>" : "=", left: expr.arg, right: item }));
  return { k: "logic", op: expr.negated ? "and" : "or", args: parts };
}

const isPlain = (expr: Agg): boolean => !expr.distinct && expr.args.length <= 1;

/** FILTER becomes a CASE without an ELSE. */
function asCase(expr: Expr): Expr {
  if (expr.k !== "agg" || expr.filter === undefined || !isPlain(expr) || !["count", "sum", "avg"].includes(expr.fn)) return expr;
  const [arg = lit(1)] = expr.args;
  const branches = [{ when: expr.filter, gives: arg }];
  return { ...expr, args: [{ k: "case", branches, otherwise: lit(null) }], filter: undefined };
}

/** A CASE without an ELSE becomes FILTER. */
function asFilter(expr: Expr): Expr {
  const [arg] = expr.k === "agg" ? expr.args : [];
  if (expr.k !== "agg" || expr.filter !== undefined || !isPlain(expr) || arg?.k !== "case") return expr;
  const [branch, ...more] = arg.branches;
  if (branch === undefined || more.length > 0 || arg.otherwise.k !== "lit" || arg.otherwise.value !== null) return expr;
  return { ...expr, args: [branch.gives], filter: branch.when };
}

/** EXISTS and IN are two ways to ask the same of one key. */
function otherExistence(expr: Expr): Expr {
  return expr.k === "exists" && expr.ties.length === 1 ? { ...expr, form: expr.form === "in" ? "exists" : "in" } : expr;
}

/** EXISTS on the first key of a plain table as a semi join. */
function asSemiJoin(select: Select): Select {
  const at = select.where.findIndex((one) => one.k === "exists" && !one.negated);
  const found = select.where[at];
  if (found?.k !== "exists" || found.from.k !== "table") return select;
  const ties = found.ties.map(([inner, outer]): Expr => ({ k: "cmp", op: "=", left: outer, right: inner }));
  const from: From = {
    k: "join",
    kind: "semi",
    left: select.from.k === "join" ? { ...select.from, comma: false } : select.from,
    right: found.from,
    on: [...ties, ...found.where],
    comma: false,
  };
  return { ...select, from, where: select.where.toSpliced(at, 1) };
}

const kinds = { inner: "inner", left: "right", right: "left", semi: "semi", anti: "anti" } as const;

function joinedFromOtherSide(from: From): From {
  if (from.k !== "join" || from.kind === "semi" || from.kind === "anti") return from;
  return { ...from, kind: kinds[from.kind], left: from.right, right: from.left };
}

/** Under other names, in the statement and in its result. */
function renamed(query: Query): Query {
  const alias = (name: string): string => `x${name}`;
  const expr = (one: Expr): Expr => {
    if (one.k === "exists") {
      const ties = one.ties.map(([inner, outer]) => [{ ...inner, of: alias(inner.of) }, outer] as const);
      return { ...one, ties };
    }
    return one.k === "col" ? { ...one, of: alias(one.of) } : one;
  };
  const from = (one: From): From => (one.k === "join" ? one : { ...one, as: alias(one.as) });
  return changed(query, { expr, from });
}

export const rewrites: readonly Rewrite[] = [
  {
    name: "conjuncts and comparisons turned round",
    apply: (query) => changed(query, { expr: reordered, select: (s) => ({ ...s, where: s.where.toReversed() }) }),
  },
  { name: "conditions denied twice", apply: (query) => changed(query, { expr: deniedTwice }) },
  { name: "BETWEEN as two comparisons", apply: (query) => changed(query, { expr: asRange }) },
  { name: "IN as alternatives", apply: (query) => changed(query, { expr: asAlternatives }) },
  { name: "FILTER as CASE", apply: (query) => changed(query, { expr: asCase }) },
  { name: "CASE as FILTER", apply: (query) => changed(query, { expr: asFilter }) },
  { name: "EXISTS as IN and back", apply: (query) => changed(query, { expr: otherExistence }) },
  { name: "EXISTS as a semi join", apply: (query) => changed(query, { select: asSemiJoin }) },
  { name: "joins from the other side", apply: (query) => changed(query, { from: joinedFromOtherSide }) },
  { name: "other aliases", apply: renamed },
  {
    name: "WITH in place and back",
    apply: (query) => changed(query, { from: (f) => (f.k === "query" ? { ...f, cte: !f.cte } : f) }),
  },
  {
    name: "joins with a comma",
    apply: (query) =>
      changed(query, {
        from: (f) => (f.k === "join" ? { ...f, comma: false } : f),
        select: (s) => (s.from.k === "join" && s.from.kind === "inner" ? { ...s, from: { ...s.from, comma: !s.from.comma } } : s),
      }),
  },
];
