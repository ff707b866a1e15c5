import type { ReleaseDraft } from "../release/model.ts";
import { type Budget, createBudget } from "../resolve/budget.ts";
import type { Scope } from "../resolve/scope.ts";
import type { AgreementSchema } from "../schema.ts";
import type { QueryTree } from "../tree/statement.ts";
import type { Compiled, CtePlan, QueryPlan, Relation } from "./query-plan.ts";

/** A WITH query as it may be named: rows of owners are put in place at each use, released rows are computed once. */
export interface CteMeaning {
  readonly compiled: Compiled;
  readonly columns: readonly string[];
  readonly name: string;
  /** Inside its own recursion with USING KEY, where `recurring` may stand before its name. */
  readonly recurring: boolean;
  /** As `CompileState.reach`: how far outside its own query it looks. */
  readonly reach: number;
}

/** A query that another one stands in, with what its names mean. */
export interface OuterScope {
  readonly scope: Scope;
  readonly kind: Relation["kind"];
}

/** A release, or free rows that stand beside protected ones and are computed whether or not any of these meet them. */
export type CompileStep =
  | { readonly kind: "release"; readonly release: ReleaseDraft }
  | { readonly kind: "free"; readonly table: string; readonly query: QueryPlan };

/** What one compilation gathers. Made per statement, never shared. */
export interface CompileState {
  readonly budget: Budget;
  readonly releases: ReleaseDraft[];
  /** What is computed before the result, in order. */
  readonly steps: CompileStep[];
  /** WITH queries that look at nothing around them: computed once, before everything else. */
  readonly ctes: CtePlan[];
  /** Number n of a `SubqueryRef` is at n − 1. */
  readonly subqueries: QueryPlan[];
  readonly tables: Set<string>;
  /** Place in `Env.outer`, counted from the outermost query, of the outermost scope that was asked for a name so far. */
  reach: number;
  /** How often a subquery looked at a protected column around it. */
  protectedLooks: number;
  nextAlias(): string;
  nextCte(): string;
  nextFreeTable(): string;
}

export interface Env {
  readonly schema: AgreementSchema;
  readonly ctes: ReadonlyMap<string, CteMeaning>;
  /** The queries around this one, nearest first. */
  readonly outer: readonly OuterScope[];
  /** The query is a subquery in an expression, whose release may be joined to the row around it. */
  readonly isValue: boolean;
  /** WITH queries inside a recursion stay inside: they may name its rows. */
  readonly inRecursion: boolean;
  readonly state: CompileState;
  compile(tree: QueryTree, env: Env): Compiled;
}

function counter(prefix: string): () => string {
  let count = 0;
  return () => {
    count += 1;
    return `${prefix}${count}`;
  };
}

export function createEnv(schema: AgreementSchema, compile: Env["compile"]): Env {
  const state: CompileState = {
    budget: createBudget(),
    releases: [],
    steps: [],
    ctes: [],
    subqueries: [],
    tables: new Set(),
    reach: Number.POSITIVE_INFINITY,
    protectedLooks: 0,
    nextAlias: counter("t"),
    nextCte: counter("__c"),
    nextFreeTable: counter("__f"),
  };
  return { schema, ctes: new Map(), outer: [], isValue: false, inRecursion: false, state, compile };
}
