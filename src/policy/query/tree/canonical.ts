import type { CompareExpr, CompareOp, Expr, ExprKind, FrameBound, OrderItem, WindowFrame } from "./expression.ts";
import { literalText } from "./literal-text.ts";

type Print<R, Q> = (child: Expr<R, Q>) => string;
type PrintTable = { readonly [K in ExprKind]: <R, Q>(e: Extract<Expr<R, Q>, { kind: K }>, print: Print<R, Q>) => string };

const list = <R, Q>(items: readonly Expr<R, Q>[], print: Print<R, Q>): string => items.map(print).join(", ");

/** Clauses after a word each, those without anything left out. */
const clauses = (...parts: readonly (readonly [word: string, text: string])[]): string =>
  parts.flatMap(([word, text]) => (text === "" ? [] : [word === "" ? text : `${word} ${text}`])).join(" ");

function order<R, Q>(items: readonly OrderItem<R, Q>[], print: Print<R, Q>): string {
  return items
    .map((item) => [print(item.expr), item.direction, item.nulls && `nulls ${item.nulls}`].filter(Boolean).join(" "))
    .join(", ");
}

function frameText<R, Q>(frame: WindowFrame<R, Q> | undefined, print: Print<R, Q>): string {
  const bound = (b: FrameBound<R, Q>): string => (typeof b === "string" ? b : `${print(b.offset)} ${b.direction}`);
  if (frame === undefined) return "";
  return `${frame.unit} between ${bound(frame.start)} and ${bound(frame.end)}${frame.exclude === undefined ? "" : ` exclude ${frame.exclude}`}`;
}

function argumentText<R, Q>(
  { args, distinct }: { readonly args: readonly Expr<R, Q>[]; readonly distinct: boolean },
  orderBy: readonly OrderItem<R, Q>[],
  print: Print<R, Q>,
): string {
  return clauses(["", distinct ? "distinct" : ""], ["", list(args, print)], ["order by", order(orderBy, print)]);
}

function filterText<R, Q>(filter: Expr<R, Q> | undefined, print: Print<R, Q>): string {
  return filter === undefined ? "" : ` filter (${print(filter)})`;
}

/** Functions that are written between their arguments; the others of that kind stand as they are. */
const infixWords: ReadonlyMap<string, string> = new Map([
  ["~~", "like"],
  ["!~~", "not like"],
  ["~~*", "ilike"],
  ["!~~*", "not ilike"],
]);
const compareWords: Readonly<Record<CompareOp, string>> = {
  "=": "=",
  "<>": "<>",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
  distinct: "is distinct from",
  "not-distinct": "is not distinct from",
};

function callText<R, Q>({ fn, names, args }: Extract<Expr<R, Q>, { kind: "call" }>, print: Print<R, Q>): string {
  const isOperator = !/^\w/.test(fn) && names === undefined;
  if (isOperator && args.length === 2) return `(${args.map(print).join(` ${infixWords.get(fn) ?? fn} `)})`;
  return `${fn}(${names === undefined ? "" : `${JSON.stringify(names)}: `}${list(args, print)})`;
}

/** `x IS NOT TRUE` is written as what it means: the engine knows it as IS DISTINCT FROM. */
function compareText<R, Q>({ op, left, right }: CompareExpr<R, Q>, print: Print<R, Q>): string {
  if (right.kind === "literal" && right.value.type === "boolean" && (op === "distinct" || op === "not-distinct"))
    return `(${print(left)} is ${op === "distinct" ? "not " : ""}${String(right.value.value)})`;
  return `(${print(left)} ${compareWords[op]} ${print(right)})`;
}

const printers: Omit<PrintTable, "ref" | "subquery"> = {
  literal: (e) => literalText(e.value),
  call: callText,
  lambda: (e, print) => `lambda ${JSON.stringify(e.parameters)}: ${print(e.body)}`,
  aggregate: (e, print) => `${e.fn}(${argumentText(e, e.order, print)})${filterText(e.filter, print)}`,
  window: (e, print) => {
    const over = clauses(
      ["partition by", list(e.partition, print)],
      ["order by", order(e.order, print)],
      ["", frameText(e.frame, print)],
    );
    const args = `${argumentText(e, e.argOrder, print)}${e.ignoreNulls ? " ignore nulls" : ""}`;
    return `${e.fn}(${args})${filterText(e.filter, print)} over (${over})`;
  },
  compare: compareText,
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
