import { type At, stop } from "../refusal.ts";
import type { Bound, SubqueryRef } from "../resolve/field.ts";
import type { NameContext } from "../resolve/names.ts";
import { findColumn, type Scope } from "../resolve/scope.ts";
import type { QueryTree, WrittenName } from "../tree/statement.ts";
import type { Env, OuterScope } from "./env.ts";

/**
 * A subquery in an expression, compiled with the names around it in sight. Free rows only: neither may the
 * subquery's rows have owners, nor those of the query it stands in, whose conditions must be judged first.
 */
export function compileSubquery(query: QueryTree, at: At, around: OuterScope, env: Env): SubqueryRef {
  const compiled = env.compile(query, { ...env, outer: [around, ...env.outer] });
  if (around.kind === "subject") stop("QUERY_SUBQUERY", at, "a subquery beside protected rows");
  if (compiled.kind === "subject") return stop("QUERY_SUBQUERY", at, "a subquery whose rows are about owners");
  const id = env.state.subqueries.push(compiled.query);
  return Object.freeze<SubqueryRef>({ id, kind: "free", text: `subquery ${id}` });
}

/** What a name means outside the query that writes it, nearest first; columns of protected rows are not reached that way. */
export function outerColumn(written: WrittenName, at: At, env: Env): Bound | undefined {
  for (const [i, { scope, kind }] of env.outer.entries()) {
    const found = findColumn(scope, written, at);
    if (found === undefined) continue;
    if (kind === "subject") return stop("QUERY_SUBQUERY", at, `the protected column ${written.name} from outside the query`);
    env.state.reach = Math.min(env.state.reach, env.outer.length - 1 - i);
    return found.expr;
  }
  return undefined;
}

/** What names mean in one query: its own columns, then its aliases, then what stands around it. */
export function namesIn(env: Env, scope: Scope, kind: OuterScope["kind"]): Omit<NameContext, "aliases" | "prefer"> {
  return {
    scope,
    budget: env.state.budget,
    outside: (written, at) => outerColumn(written, at, env),
    subquery: (query, at) => compileSubquery(query, at, { scope, kind }, env),
  };
}
