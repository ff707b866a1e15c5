import { stop } from "../refusal.ts";
import { type Bound, type Field, refTo, type SubqueryRef } from "../resolve/field.ts";
import type { Scope, ScopeColumn } from "../resolve/scope.ts";
import { type SchemaTable, subjectOf } from "../schema.ts";
import { rebuild } from "../tree/rebuild.ts";
import type { FromTree } from "../tree/statement.ts";
import { renamed, scopeOf } from "./columns.ts";
import type { Env } from "./env.ts";
import type { Compiled, Relation } from "./query-plan.ts";

type JoinTree = Extract<FromTree, { kind: "join" }>;
type TableTree = Extract<FromTree, { kind: "table" }>;
type SubjectRows = Extract<Compiled, { kind: "subject" }>;

/** Protected tables joined in one SELECT: WITH queries that name each other twice would double them without end. */
const maxTables = 32;

export function protectedTable(table: SchemaTable, label: string, tree: TableTree, env: Env): Relation {
  const alias = env.state.nextAlias();
  const columns = table.columns.map((column): ScopeColumn => {
    const subject = subjectOf(table, column.name);
    return { name: column.name, expr: refTo({ kind: "subject", source: alias, table, column, subject }, undefined) };
  });
  return {
    kind: "subject",
    leaves: [{ table, alias, at: tree.at }],
    conditions: [],
    scope: scopeOf(label, renamed(columns, tree.columns)),
  };
}

/** Rows of owners under aliases of this use alone: a WITH query that is named twice stands for two tables. */
export function ofThisUse(compiled: SubjectRows, env: Env): SubjectRows {
  const use = env.state.nextAlias();
  const alias = (source: string): string => `${use}_${source}`;
  const moved = (expr: Bound): Bound => {
    env.state.budget.spend(1);
    if (expr.kind === "ref") return refTo({ ...expr.ref, source: alias(expr.ref.source) }, expr.at);
    return rebuild<Field, Field, SubqueryRef>(expr, moved);
  };
  return {
    kind: "subject",
    leaves: compiled.leaves.map((leaf) => ({ ...leaf, alias: alias(leaf.alias) })),
    conditions: compiled.conditions.map(moved),
    columns: compiled.columns.map((column) => ({ ...column, expr: moved(column.expr) })),
  };
}

/** A join of which at least one side is rows of owners: only inner joins of two such sides; the conditions are judged later. */
export function subjectJoin(
  tree: JoinTree,
  left: Relation,
  right: Relation,
  joined: { readonly scope: Scope; readonly conditions: readonly Bound[] },
): Relation {
  if (left.kind === "free" || right.kind === "free") {
    return stop("QUERY_JOIN_KIND", tree.at, "a join of protected rows with public or released rows");
  }
  if (tree.join !== "inner" && tree.join !== "cross") stop("QUERY_JOIN_KIND", tree.at, `a ${tree.join} join of protected rows`);
  const leaves = [...left.leaves, ...right.leaves];
  if (leaves.length > maxTables) stop("QUERY_TOO_LARGE", tree.at, `more than ${maxTables} protected tables joined`);
  const conditions = [...left.conditions, ...right.conditions, ...joined.conditions];
  return { kind: "subject", leaves, conditions, scope: joined.scope };
}
