import { stop } from "../refusal.ts";
import type { Bound, SubjectRows } from "../resolve/field.ts";
import { resolveNames } from "../resolve/names.ts";
import { findColumn, type MergedColumn, type Scope, type ScopeColumn, unknownName, visibleColumns } from "../resolve/scope.ts";
import { foldName } from "../schema.ts";
import { conjunctsIn } from "../subject/conjuncts.ts";
import type { CompareOp } from "../tree/expression.ts";
import { call, compare, conjunctsOf, isTrue, logic } from "../tree/make.ts";
import type { FromTree, JoinKind } from "../tree/statement.ts";
import { keepingLeft } from "./beside-totals.ts";
import type { Env } from "./env.ts";
import { besideSubjects } from "./free-side.ts";
import { notBeside } from "./one-per-owner.ts";
import type { Relation } from "./query-plan.ts";
import { sealedRelation } from "./sealed-relation.ts";
import { type SubjectRelation, subjectJoin } from "./subject-from.ts";
import { namesIn } from "./subquery.ts";

interface Joined {
  readonly scope: Scope;
  readonly conditions: readonly Bound[];
}

type JoinTree = Extract<FromTree, { kind: "join" }>;

/** NATURAL: every name that both sides have. */
function sharedNames(left: Scope, right: Scope): readonly string[] {
  const namesOf = (scope: Scope): readonly string[] =>
    visibleColumns(scope)
      .map((column) => column.name)
      .filter((name) => name !== undefined);
  const folded = new Set(namesOf(right).map(foldName));
  const names = namesOf(left);
  return [...new Map(names.map((name) => [foldName(name), name])).entries()]
    .filter(([name]) => folded.has(name))
    .map(([, name]) => name);
}

interface Using {
  readonly conditions: readonly Bound[];
  readonly merged: readonly MergedColumn[];
}

/** What a column hides once it is merged: the columns themselves, or those that it was merged of before. */
function hidden(scope: Scope, column: ScopeColumn): readonly ScopeColumn[] {
  return scope.merged.find((merged) => merged === column)?.hides ?? [column];
}

/** The engine compares the last column of an ASOF join by time: the newest of the right not after the left. */
function comparison(join: JoinKind, isLast: boolean): CompareOp {
  return isLast && join.startsWith("asof") ? ">=" : "=";
}

/** USING (a): the equality of both columns, and one column a in their place. */
function usingColumns(tree: JoinTree, left: Scope, right: Scope): Using {
  const using = tree.natural ? sharedNames(left, right) : tree.using;
  const pairs = using.map((name, i) => {
    const written = { name, qualifier: [] };
    const [a, b] = [findColumn(left, written, tree.at), findColumn(right, written, tree.at)];
    if (a === undefined || b === undefined) return unknownName(name, tree.at);
    return { name, a, b, op: comparison(tree.join, i === using.length - 1) };
  });
  return {
    conditions: pairs.map(({ a, b, op }) => ({ ...compare(op, a.expr, b.expr), at: tree.at })),
    merged: pairs.map(({ name, a, b }) => ({
      name,
      expr: mergedColumn(tree.join, a.expr, b.expr),
      hides: [...hidden(left, a), ...hidden(right, b)],
    })),
  };
}

function mergedColumn(join: JoinKind, left: Bound, right: Bound): Bound {
  if (join === "full") return call("coalesce", left, right);
  return join === "right" ? right : left;
}

function joinedScope(tree: JoinTree, left: Scope, right: Scope, merged: readonly MergedColumn[]): Scope {
  // SEMI and ANTI ask the right side and show the left.
  if (tree.join === "semi" || tree.join === "anti") return left;
  const again = new Set(merged.flatMap((column) => column.hides));
  const before = [...left.merged, ...right.merged].filter((column) => !column.hides.some((one) => again.has(one)));
  return { sources: [...left.sources, ...right.sources], merged: [...merged, ...before] };
}

/** Names of both sides, and the conjuncts of ON and USING. */
function joined(tree: JoinTree, left: Relation, right: Relation, kind: Relation["kind"], env: Env): Joined {
  const using = usingColumns(tree, left.scope, right.scope);
  const both: Scope = {
    sources: [...left.scope.sources, ...right.scope.sources],
    merged: [...left.scope.merged, ...right.scope.merged],
  };
  const parts = [left, right].flatMap((side) => (side.kind === "subject" ? [side.rows.from] : []));
  const rows: SubjectRows = { from: { kind: "inner", parts }, conditions: [] };
  const context = { ...namesIn(env, both, kind, { rows }), aliases: new Map(), prefer: "columns" } as const;
  const written = tree.on === undefined ? [] : (kind === "subject" ? conjunctsIn : conjunctsOf)(resolveNames(tree.on, context));
  return {
    scope: joinedScope(tree, left.scope, right.scope, using.merged),
    conditions: [...using.conditions, ...written],
  };
}

/** A side of which every row stays: what is asked of its rows is asked before the join. */
function fullSide(tree: JoinTree, relation: SubjectRelation, env: Env): SubjectRelation {
  const { from, conditions } = relation.rows;
  if (from.kind !== "leaf") return sealedRelation(relation, env);
  if (from.leaf.free !== undefined) {
    return stop(
      "QUERY_JOIN_KIND",
      tree.at,
      "a full join of protected with public or released rows",
      "Use a left join from the protected rows, or aggregate first and join the figures.",
    );
  }
  return conditions.length === 0 ? relation : sealedRelation(relation, env);
}

/** ON TRUE, which the engine reads as a cast of 't'. */
function isAlwaysTrue(condition: Bound): boolean {
  if (condition.kind !== "cast" || condition.type !== "BOOLEAN" || condition.arg.kind !== "literal") return isTrue(condition);
  const { value } = condition.arg;
  return value.type === "text" && ["t", "true"].includes(value.value);
}

/** A total of the left side's owner, LATERAL: it has a row for each of them, whether or not there is anything to total. */
function besideTotal(tree: JoinTree, left: SubjectRelation, right: SubjectRelation, env: Env): SubjectRelation {
  const { scope, conditions } = joined(tree, left, right, "subject", env);
  const rows = keepingLeft(left.rows, right.rows);
  const filters = conditions.filter((condition) => !isAlwaysTrue(condition));
  const isInner = tree.join === "inner" || tree.join === "cross";
  if (isInner || (tree.join === "left" && filters.length === 0))
    return { kind: "subject", rows: { ...rows, conditions: [...rows.conditions, ...filters] }, scope };
  return stop(
    "QUERY_JOIN_KIND",
    tree.at,
    `a ${tree.join} join with figures of the owner on its left`,
    "Write JOIN LATERAL or CROSS JOIN LATERAL, and what is asked of the figures in WHERE.",
  );
}

/** A join of free rows is free; beside rows of owners, free rows are a table of their own. */
export function compileJoin(tree: JoinTree, left: Relation, right: Relation, lateral: boolean, env: Env): Relation {
  if (left.kind === "free" && right.kind === "free") {
    const { scope, conditions } = joined(tree, left, right, "free", env);
    const on = conditions.length === 0 ? undefined : logic("and", conditions);
    return { kind: "free", from: { kind: "join", join: tree.join, left: left.from, right: right.from, on, lateral }, scope };
  }
  const beside = (side: Relation): SubjectRelation => (side.kind === "free" ? besideSubjects(side, tree.at, env) : side);
  const [a, b] = [beside(left), beside(right)];
  if (a.total === true) return notBeside(tree.at);
  if (b.total === true) return besideTotal(tree, a, b, env);
  if (tree.join !== "full") return subjectJoin(tree, a, b, joined(tree, a, b, "subject", env));
  const [c, d] = [fullSide(tree, a, env), fullSide(tree, b, env)];
  // One table with one key for each owner, from whichever side it comes.
  return sealedRelation(subjectJoin(tree, c, d, joined(tree, c, d, "subject", env)), env);
}
