import type { Bound } from "../resolve/field.ts";
import { resolveNames } from "../resolve/names.ts";
import { findColumn, type Scope, type ScopeColumn, unknownName } from "../resolve/scope.ts";
import { call, compare, conjunctsOf, logic } from "../tree/make.ts";
import type { FromTree, JoinKind } from "../tree/statement.ts";
import type { Env } from "./env.ts";
import { besideSubjects } from "./free-side.ts";
import type { Relation } from "./query-plan.ts";
import { type SubjectRelation, subjectJoin } from "./subject-from.ts";
import { namesIn } from "./subquery.ts";

interface Joined {
  readonly scope: Scope;
  readonly conditions: readonly Bound[];
}

type JoinTree = Extract<FromTree, { kind: "join" }>;

/** USING (a): the equality of both columns, and one column a in their place. */
function usingColumns(
  tree: JoinTree,
  left: Scope,
  right: Scope,
): { readonly conditions: readonly Bound[]; readonly merged: readonly ScopeColumn[] } {
  const pairs = tree.using.map((name) => {
    const written = { name, qualifier: [] };
    const [a, b] = [findColumn(left, written, tree.at), findColumn(right, written, tree.at)];
    return a === undefined || b === undefined ? unknownName(name, tree.at) : { name, a: a.expr, b: b.expr };
  });
  return {
    conditions: pairs.map(({ a, b }) => ({ ...compare("=", a, b), at: tree.at })),
    merged: pairs.map(({ name, a, b }) => ({ name, expr: mergedColumn(tree.join, a, b) })),
  };
}

function mergedColumn(join: JoinKind, left: Bound, right: Bound): Bound {
  if (join === "full") return call("coalesce", left, right);
  return join === "right" ? right : left;
}

/** Names of both sides, and the conjuncts of ON and USING. */
function joined(tree: JoinTree, left: Relation, right: Relation, kind: Relation["kind"], env: Env): Joined {
  const using = usingColumns(tree, left.scope, right.scope);
  const merged = [...using.merged, ...left.scope.merged, ...right.scope.merged];
  const scope: Scope = { sources: [...left.scope.sources, ...right.scope.sources], merged };
  const context = { ...namesIn(env, scope, kind), aliases: new Map(), prefer: "columns" } as const;
  const written = tree.on === undefined ? [] : conjunctsOf(resolveNames(tree.on, context));
  return { scope, conditions: [...using.conditions, ...written] };
}

/** A join of free rows is free; beside rows of owners, free rows are a table of their own. */
export function compileJoin(tree: JoinTree, left: Relation, right: Relation, env: Env): Relation {
  if (left.kind === "free" && right.kind === "free") {
    const { scope, conditions } = joined(tree, left, right, "free", env);
    const on = conditions.length === 0 ? undefined : logic("and", conditions);
    return { kind: "free", from: { kind: "join", join: tree.join, left: left.from, right: right.from, on }, scope };
  }
  const beside = (side: Relation): SubjectRelation => (side.kind === "free" ? besideSubjects(side, tree.at, env) : side);
  const [a, b] = [beside(left), beside(right)];
  return subjectJoin(tree, a, b, joined(tree, a, b, "subject", env));
}
