import { unlistedAdvice } from "../advice/unlisted-advice.ts";
import { refusedFunctions, structMakers, whyRefused } from "../catalogue/index.ts";
import { type At, stop } from "../refusal.ts";
import { foldName } from "../schema.ts";
import { onMeasureGrid } from "../subject/rounded.ts";
import { rebuildWith } from "../tree/rebuild.ts";
import type { QueryTree, StarTree, Written, WrittenName } from "../tree/statement.ts";
import { type Budget, sizeOf } from "./budget.ts";
import { type Bound, refTo, type SubqueryRef } from "./field.ts";
import { findColumn, type Scope, type ScopeColumn, starColumns, textOfName, unknownName } from "./scope.ts";
import { columnsOf, costOf, unpacked } from "./star.ts";

/** Resolved expressions of the select list by folded alias. */
export type Aliases = ReadonlyMap<string, Bound>;

export type BoundSubquery = Extract<Bound, { kind: "subquery" }>;

export interface NameContext {
  readonly scope: Scope;
  readonly aliases: Aliases;
  /** ORDER BY asks aliases first, all other clauses ask columns first: as the engine does. */
  readonly prefer: "columns" | "aliases";
  readonly budget: Budget;
  /** A name that nothing else in the statement has. */
  nextAlias(): string;
  /** What a name means in the queries around this one. */
  outside(written: WrittenName, at: At): Bound | undefined;
  subquery(query: QueryTree, at: At): SubqueryRef;
  /** The expression that a subquery in its place is. */
  placed(expr: BoundSubquery): Bound;
  /** The same in fewer words, where the rules know the words. */
  simplified(expr: Bound): Bound;
}

function column(context: NameContext, written: WrittenName, at: At): Bound | undefined {
  const alias = written.qualifier.length === 0 ? context.aliases.get(foldName(written.name)) : undefined;
  if (context.prefer === "aliases" && alias !== undefined) return alias;
  const own = findColumn(context.scope, written, at)?.expr ?? alias;
  return own ?? context.outside(written, at) ?? wholeRow(context, written);
}

/** The name of a table alone stands for its row, if all of it is free. */
function wholeRow({ scope }: NameContext, written: WrittenName): Bound | undefined {
  const isNamed = ({ alias }: Scope["sources"][number]): boolean =>
    alias !== undefined && foldName(alias) === foldName(written.name) && written.qualifier.length === 0;
  const columns = scope.sources.find(isNamed)?.columns.filter((one) => one.name !== undefined) ?? [];
  if (columns.length === 0 || columns.some((one) => one.expr.kind !== "ref" || one.expr.ref.kind !== "free")) return undefined;
  const names = columns.map((one) => one.name);
  return { kind: "call", fn: "struct_pack", args: columns.map((one) => one.expr), names, at: undefined };
}

/** `current_date` and the like are functions that are written like columns. */
function clockOrUnknown(name: string, at: At): never {
  const why = whyRefused(foldName(name), refusedFunctions);
  return why === ""
    ? unknownName(name, at)
    : stop("QUERY_FUNCTION_NOT_LISTED", at, `the function ${foldName(name)}${why}`, unlistedAdvice(foldName(name)));
}

function columnAt(scope: Scope, place: number, at: At): Bound {
  const columns = scope.sources.flatMap((source) => source.columns);
  return columns[place - 1]?.expr ?? unknownName(`#${place}`, at);
}

/** Choosing among columns costs as much as it looks at names; the same star in the same FROM is looked at once. */
const chosenBefore = new WeakMap<Scope, Map<StarTree, readonly ScopeColumn[]>>();

/** The columns that a star stands for among those in sight. */
export function chosenColumns(star: StarTree, context: NameContext): readonly ScopeColumn[] {
  const { scope, budget } = context;
  const known = chosenBefore.get(scope) ?? new Map<StarTree, readonly ScopeColumn[]>();
  chosenBefore.set(scope, known);
  const before = known.get(star);
  if (before !== undefined) return before;
  budget.spend(starColumns(scope, star.table, star.at).length * costOf(star));
  const columns = columnsOf(star, scope, (expr) => resolveNames(expr, context));
  known.set(star, columns);
  return columns;
}

function chosenColumn(context: NameContext, star: StarTree, place: number | undefined, at: At): ScopeColumn {
  // Where no expression is made of each column, none is meant.
  return (
    chosenColumns(star, context)[(place ?? 0) - 1] ?? stop("QUERY_CLAUSE_UNSUPPORTED", at, "a star or COLUMNS() in this place")
  );
}

/** Arguments as the engine sees them: `*COLUMNS(…)` spread out, and fields of a struct named after their columns. */
function withArguments(expr: Exclude<Written, { kind: "ref" }>, context: NameContext): Exclude<Written, { kind: "ref" }> {
  const count = (star: StarTree): number => chosenColumns(star, context).length;
  if (expr.kind === "in") return { ...expr, list: unpacked(expr.list, count) };
  if (expr.kind !== "call" && expr.kind !== "aggregate") return expr;
  const args = unpacked(expr.args, count);
  if (expr.kind === "aggregate" || !structMakers.has(expr.fn)) return { ...expr, args };
  return { ...expr, args, names: args.map((arg, i) => expr.names?.[i] ?? nameOfArgument(arg, context)) };
}

function nameOfArgument(arg: Written, context: NameContext): string | undefined {
  if (arg.kind !== "ref") return undefined;
  const { star, place, name } = arg.ref;
  return star === undefined ? name : chosenColumn(context, star, place, arg.at).name;
}

/** a.b.c: a column, or fields of the struct that the first names mean. */
function lookUp(context: NameContext, written: WrittenName, at: At): Bound {
  if (written.star !== undefined) return chosenColumn(context, written.star, written.place, at).expr;
  if (written.place !== undefined) return columnAt(context.scope, written.place, at);
  const path = [...written.qualifier, written.name];
  for (let length = path.length; length > 0; length--) {
    const [name = "", ...qualifier] = path.slice(0, length).toReversed();
    const found = column(context, { name, qualifier: qualifier.toReversed() }, at);
    if (found !== undefined) return path.slice(length).reduce((expr, field) => fieldOf(expr, field, at), found);
  }
  return path.length === 1 ? clockOrUnknown(written.name, at) : unknownName(textOfName(written), at);
}

function fieldOf(expr: Bound, field: string, at: At): Bound {
  const name: Bound = { kind: "literal", value: { type: "text", value: field }, at };
  return Object.freeze<Bound>({ kind: "call", fn: ".", args: [expr, name], at });
}

/** A lambda's body with its parameters in sight, under names that no column has. */
function resolveLambda(expr: Extract<Written, { kind: "lambda" }>, context: NameContext): Bound {
  const named = expr.parameters.map((name) => ({ name, column: context.nextAlias() }));
  const columns = named.map(({ name, column: own }) => ({
    name,
    expr: refTo({ kind: "free", source: "", column: own }, undefined),
  }));
  const own: NameContext = {
    ...context,
    scope: { sources: [{ alias: undefined, columns }], merged: [] },
    aliases: new Map(),
    prefer: "columns",
    outside: (written, at) => column(context, written, at),
  };
  return Object.freeze<Bound>({
    ...expr,
    parameters: named.map((parameter) => parameter.column),
    body: resolveNames(expr.body, own),
  });
}

/** Puts what names mean in their place. */
export function resolveNames(expr: Written, context: NameContext): Bound {
  if (expr.kind === "lambda") return resolveLambda(expr, context);
  if (expr.kind !== "ref") {
    context.budget.spend(1);
    const resolved = rebuildWith(
      withArguments(expr, context),
      (child) => resolveNames(child, context),
      (query) => context.subquery(query, expr.at),
    );
    return resolved.kind === "subquery" ? context.placed(resolved) : context.simplified(onMeasureGrid(resolved));
  }
  const found = lookUp(context, expr.ref, expr.at);
  context.budget.spend(sizeOf(found));
  // The place is where the operator wrote the name, not where a derived table defined it.
  return Object.freeze({ ...found, at: expr.at });
}
