import { type FunctionEntry, findFunction } from "../catalogue/index.ts";
import type { Bound, Field, SubqueryRef } from "../resolve/field.ts";
import { foldedNumber } from "../subject/constant.ts";
import type { CompareOp, ExprKind, OrderItem } from "../tree/expression.ts";
import { literalText } from "../tree/literal-text.ts";
import { quoteIdentifier } from "./identifier.ts";
import type { Recorder } from "./recorder.ts";

type E<K extends ExprKind> = Extract<Bound, { kind: K }>;
type Emit = (expr: Bound) => string;
type EmitTable = { readonly [K in ExprKind]: (e: E<K>, emit: Emit, recorder: Recorder) => string };

const comparisons: Readonly<Record<CompareOp, string>> = {
  "=": "=",
  "<>": "<>",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
  distinct: "IS DISTINCT FROM",
  "not-distinct": "IS NOT DISTINCT FROM",
};

export function emitColumn(source: string, column: string, recorder: Recorder): string {
  if (source === "") return quoteIdentifier(column);
  recorder.columns.add(source).add(column);
  return `${quoteIdentifier(source)}.${quoteIdentifier(column)}`;
}

function emitField(field: Field, recorder: Recorder): string {
  return emitColumn(field.source, field.kind === "subject" ? field.column.name : field.column, recorder);
}

function emitCall(e: E<"call">, emit: Emit, recorder: Recorder): string {
  recorder.functions.add(e.fn);
  const args = e.args.map(emit);
  return syntaxes[findFunction(e.fn)?.syntax ?? "call"](e, args);
}

/** Functions that are words of the language: in quotes they would be something else. */
const words: ReadonlySet<string> = new Set(["coalesce", "try", "grouping"]);

function plainCall(e: E<"call">, args: readonly string[]): string {
  const named = args.map((arg, i) => {
    const name = e.names?.[i];
    return name === undefined ? arg : `${quoteIdentifier(name)} := ${arg}`;
  });
  return `${words.has(e.fn) ? e.fn : quoteIdentifier(e.fn)}(${named.join(", ")})`;
}

type WriteCall = (e: E<"call">, args: readonly string[]) => string;

/** A name that stands in the tree as a text. */
function nameIn(expr: Bound | undefined): string {
  return expr?.kind === "literal" && expr.value.type === "text" ? expr.value.value : "";
}

/** Bounds that are not there stay away; before a step, a missing end is a dash. */
function writeSlice(e: E<"call">, args: readonly string[]): string {
  const bound = (role: string): string | undefined => args[e.names?.indexOf(role) ?? -1];
  const [from = "", to, step] = [bound("from"), bound("to"), bound("step")];
  return `(${args[0]})[${step === undefined ? `${from}:${to ?? ""}` : `${from}:${to ?? "-"}:${step}`}]`;
}

const syntaxes: Readonly<Record<FunctionEntry["syntax"], WriteCall>> = {
  call: plainCall,
  infix: (e, args) => (args.length === 1 ? `(${e.fn} ${args.join("")})` : `(${args.join(` ${e.fn} `)})`),
  postfix: (_e, args) => `(${args.join("")} !)`,
  subscript: (_e, [list, index]) => `(${list})[${index}]`,
  slice: writeSlice,
  field: (e, [struct]) => `(${struct}).${quoteIdentifier(nameIn(e.args[1]))}`,
  collate: (e, [text]) => `(${text} COLLATE ${nameIn(e.args[1])})`,
};

function emitLambda(e: E<"lambda">, emit: Emit, recorder: Recorder): string {
  recorder.forms.add("LAMBDA");
  // The engine reads several parameters as a row.
  recorder.functions.add("row");
  for (const name of e.parameters) recorder.columns.add(name);
  return `lambda ${e.parameters.map(quoteIdentifier).join(", ")}: ${emit(e.body)}`;
}

function emitAggregate(e: E<"aggregate">, emit: Emit, recorder: Recorder): string {
  recorder.functions.add(e.fn).add("count_star");
  const order = e.order.length === 0 ? "" : ` ORDER BY ${emitOrder(e.order, emit)}`;
  const filter = e.filter === undefined ? "" : ` FILTER (WHERE ${emit(e.filter)})`;
  const isCount = e.fn === "count_star" || e.fn === "count";
  const args = e.args.length === 0 && isCount ? "*" : e.args.map(emit).join(", ");
  const name = e.fn === "count_star" ? "count" : e.fn;
  return `${name}(${e.distinct ? "DISTINCT " : ""}${args}${order})${filter}`;
}

export function emitOrder(items: readonly OrderItem<Field, SubqueryRef>[], emit: Emit): string {
  return items
    .map((item) => {
      const direction = item.direction === undefined ? "" : ` ${item.direction.toUpperCase()}`;
      return `${emit(item.expr)}${direction}${item.nulls === undefined ? "" : ` NULLS ${item.nulls.toUpperCase()}`}`;
    })
    .join(", ");
}

type Frame = NonNullable<E<"window">["frame"]>;

function emitFrame(frame: Frame, emit: Emit): string {
  const bound = (b: Frame["start"]): string => (typeof b === "string" ? b : `${emit(b.offset)} ${b.direction}`);
  const exclude = frame.exclude === undefined ? "" : ` EXCLUDE ${frame.exclude}`;
  return ` ${frame.unit} BETWEEN ${bound(frame.start)} AND ${bound(frame.end)}${exclude}`;
}

/** A window's function with its arguments, the order and the choice among them. */
function emitWindowHead(e: E<"window">, emit: Emit): string {
  const isCount = e.fn === "count_star" || (e.fn === "count" && e.args.length === 0);
  const order = e.argOrder.length === 0 ? "" : ` ORDER BY ${emitOrder(e.argOrder, emit)}`;
  const args = isCount ? "*" : `${e.distinct ? "DISTINCT " : ""}${e.args.map(emit).join(", ")}`;
  const filter = e.filter === undefined ? "" : ` FILTER (WHERE ${emit(e.filter)})`;
  return `${isCount ? "count" : e.fn}(${args}${order}${e.ignoreNulls ? " IGNORE NULLS" : ""})${filter}`;
}

function emitWindow(e: E<"window">, emit: Emit, recorder: Recorder): string {
  recorder.functions.add(e.fn).add("count_star");
  const parts = [
    e.partition.length === 0 ? "" : `PARTITION BY ${e.partition.map(emit).join(", ")}`,
    e.order.length === 0 ? "" : `ORDER BY ${emitOrder(e.order, emit)}`,
  ].filter((part) => part !== "");
  return `${emitWindowHead(e, emit)} OVER (${parts.join(" ")}${e.frame === undefined ? "" : emitFrame(e.frame, emit)})`;
}

function emitSubquery(e: E<"subquery">, emit: Emit, recorder: Recorder): string {
  const { form } = e;
  recorder.forms.add("SUBQUERY");
  const query = `(${recorder.subquery(e.query)})`;
  if (form.kind === "any") return `(${emit(form.arg)} ${comparisons[form.op]} ANY ${query})`;
  return form.kind === "exists" ? `EXISTS ${query}` : query;
}

const emitters: EmitTable = {
  ref: (e, _emit, recorder) => emitField(e.ref, recorder),
  literal: (e) => literalText(e.value),
  call: emitCall,
  aggregate: emitAggregate,
  window: emitWindow,
  compare: (e, emit) => `(${emit(e.left)} ${comparisons[e.op]} ${emit(e.right)})`,
  logic: (e, emit) => `(${e.args.map(emit).join(e.op === "and" ? " AND " : " OR ")})`,
  not: (e, emit) => `(NOT ${emit(e.arg)})`,
  "is-null": (e, emit) => `(${emit(e.arg)} IS ${e.negated ? "NOT " : ""}NULL)`,
  in: (e, emit) => `(${emit(e.arg)} ${e.negated ? "NOT " : ""}IN (${e.list.map(emit).join(", ")}))`,
  case: (e, emit) =>
    `CASE ${e.branches.map((b) => `WHEN ${emit(b.when)} THEN ${emit(b.result)}`).join(" ")} ELSE ${emit(e.otherwise)} END`,
  cast: (e, emit) => `${e.lenient ? "TRY_CAST" : "CAST"}(${emit(e.arg)} AS ${e.type})`,
  subquery: emitSubquery,
  lambda: emitLambda,
};

/** DuckDB text of an expression; everything it names is recorded. */
export function emitExpression(expr: Bound, recorder: Recorder): string {
  const emitter = emitters[expr.kind] as (e: Bound, emit: Emit, recorder: Recorder) => string;
  return emitter(expr, (child) => emitExpression(child, recorder), recorder);
}

/** Dates leave their range, whole numbers overflow (`year(d) * 10000 * 10000 * 10000 * 10000 * 10000`), ln has none. */
function mayFail(fn: string): boolean {
  const entry = findFunction(fn);
  return entry?.subject === "date" || (entry?.subject === "number" && entry.syntax === "infix") || fn === "ln" || fn === "sqrt";
}

/**
 * The same over protected rows, where nothing may fail: a cast that does not fit, a date beyond the range of
 * time stamps and a number beyond that of its type give NULL. An error would tell that such a row exists, whatever condition stands beside it.
 */
export function emitLeniently(expr: Bound, recorder: Recorder): string {
  const folded = foldedNumber(expr);
  if (folded !== undefined) return folded;
  const lenient = expr.kind === "cast" ? { ...expr, lenient: true } : expr;
  const emitter = emitters[lenient.kind] as (e: Bound, emit: Emit, recorder: Recorder) => string;
  const sql = emitter(lenient, (child) => emitLeniently(child, recorder), recorder);
  return expr.kind === "call" && mayFail(expr.fn) ? `TRY(${sql})` : sql;
}
