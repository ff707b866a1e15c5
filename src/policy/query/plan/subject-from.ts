import { type At, stop } from "../refusal.ts";
import { leavesOf, mapRows, storedTables } from "../release/rows.ts";
import { sizeOf, sizeOfRows } from "../resolve/budget.ts";
import { type Bound, type RowsFrom, refTo, type SubjectRows } from "../resolve/field.ts";
import type { Scope, ScopeColumn } from "../resolve/scope.ts";
import { rebuildBound } from "../resolve/tied.ts";
import { type SchemaTable, subjectOf } from "../schema.ts";
import { existsTied } from "../subject/tie.ts";
import { not } from "../tree/make.ts";
import type { FromTree } from "../tree/statement.ts";
import { scopeBehind } from "./absent.ts";
import { keepingLeft } from "./beside-totals.ts";
import { renamed, scopeOf } from "./columns.ts";
import type { Env } from "./env.ts";
import { movedField } from "./moved-field.ts";
import type { Compiled, Relation } from "./query-plan.ts";

export type SubjectRelation = Extract<Relation, { kind: "subject" }>;
type JoinTree = Extract<FromTree, { kind: "join" }>;
type TableTree = Extract<FromTree, { kind: "table" }>;
type CompiledRows = Extract<Compiled, { kind: "subject" }>;

/** Protected tables joined in one SELECT. */
const maxTables = 32;
/** Protected tables through all levels: WITH queries that name each other twice would double them without end. */
const maxStored = 64;

/** Bounds what rows are made of; `from` is made of parts that were within the bounds before. */
export function checkSize(parts: readonly RowsFrom[], at: At): void {
  if (parts.flatMap(storedTables).length > maxStored)
    stop("QUERY_TOO_LARGE", at, `more than ${maxStored} protected tables in one FROM`);
}

export function protectedTable(table: SchemaTable, label: string, tree: TableTree, env: Env): Relation {
  const alias = env.state.nextAlias();
  const columns = table.columns.map((column): ScopeColumn => {
    const subject = subjectOf(table, column.name);
    return { name: column.name, expr: refTo({ kind: "subject", source: alias, table, column, subject }, undefined) };
  });
  return {
    kind: "subject",
    rows: { from: { kind: "leaf", leaf: { table, alias, at: tree.at } }, conditions: [] },
    scope: scopeOf(label, renamed(columns, tree.columns)),
  };
}

/** Rows of owners under aliases of this use alone: a WITH query that is named twice stands for two tables. */
export function ofThisUse(compiled: CompiledRows, env: Env): CompiledRows {
  const use = env.state.nextAlias();
  env.state.budget.spend(sizeOfRows(compiled.rows) + compiled.columns.reduce((size, { expr }) => size + sizeOf(expr), 0));
  const own = new Set(leavesOf(compiled.rows.from).map((leaf) => leaf.alias));
  const alias = (source: string): string => (own.has(source) ? `${use}_${source}` : source);
  const moved = (expr: Bound): Bound => {
    if (expr.kind === "ref") return refTo(movedField(expr.ref, alias), expr.at);
    return rebuildBound(expr, moved);
  };
  return {
    ...compiled,
    rows: mapRows(compiled.rows, (leaf) => ({ ...leaf, alias: alias(leaf.alias) }), moved),
    columns: compiled.columns.map((column) => ({ ...column, expr: moved(column.expr) })),
  };
}

/** A join of which at least one side is rows of owners; the conditions are judged later. */
export function subjectJoin(
  tree: JoinTree,
  left: SubjectRelation,
  right: SubjectRelation,
  joined: { readonly scope: Scope; readonly conditions: readonly Bound[] },
): SubjectRelation {
  const rows = joinRows(tree, left.rows, right.rows, joined.conditions);
  const { from } = rows;
  let { scope } = joined;
  if (from.kind === "outer") {
    if (tree.join === "left" || tree.join === "full") scope = scopeBehind(scope, right.scope, right.rows.from, from.on);
    if (tree.join === "right" || tree.join === "full") scope = scopeBehind(scope, left.scope, left.rows.from, from.on);
  }
  return { kind: "subject", rows, scope };
}

/** Both sides' rows as one. */
function joinRows(tree: JoinTree, left: SubjectRows, right: SubjectRows, conditions: readonly Bound[]): SubjectRows {
  const parts = [left.from, right.from];
  if (parts.flatMap(leavesOf).length > maxTables)
    stop("QUERY_TOO_LARGE", tree.at, `more than ${maxTables} protected tables joined`);
  checkSize(parts, tree.at);
  switch (tree.join) {
    case "inner":
    case "cross":
      return { from: { kind: "inner", parts }, conditions: [...left.conditions, ...right.conditions, ...conditions] };
    case "left":
      return keepingLeft(left, { ...right, conditions: [...right.conditions, ...conditions] });
    case "right":
      return keepingLeft(right, { ...left, conditions: [...left.conditions, ...conditions] });
    case "full":
      return { from: { kind: "outer", full: true, left: left.from, right: right.from, on: conditions }, conditions: [] };
    case "semi":
    case "anti":
      return filterJoin(tree, left, right, conditions);
    default:
      return stop("QUERY_JOIN_KIND", tree.at, `a ${tree.join} join of protected rows`);
  }
}

/** Left rows for which there is, or is not, a right one: a tied subquery in other words. */
function filterJoin(tree: JoinTree, left: SubjectRows, right: SubjectRows, conditions: readonly Bound[]): SubjectRows {
  if ([left, right].some((side) => leavesOf(side.from).every((leaf) => leaf.free !== undefined))) {
    stop(
      "QUERY_JOIN_KIND",
      tree.at,
      `a ${tree.join} join of protected with public or released rows`,
      "Write column IN (SELECT …), or NOT IN.",
    );
  }
  const exists = existsTied({ kind: "tied", rows: right, values: [] }, conditions, tree.at);
  return { ...left, conditions: [...left.conditions, tree.join === "semi" ? exists : not(exists)] };
}
