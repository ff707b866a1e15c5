import { type At, stop } from "../refusal.ts";
import type { Bound, FreeSubquery, SubqueryRef } from "../resolve/field.ts";
import type { BoundSubquery, NameContext } from "../resolve/names.ts";
import { findColumn, type Scope } from "../resolve/scope.ts";
import { existsTied } from "../subject/tie.ts";
import { compare } from "../tree/make.ts";
import type { QueryTree, WrittenName } from "../tree/statement.ts";
import type { Env, OuterScope } from "./env.ts";
import { shapeOfQuery } from "./free-shape.ts";
import type { QueryPlan } from "./query-plan.ts";

/**
 * A subquery in an expression, compiled with the names around it in sight. Rows with owners are tied to the row
 * around them where they stand (`placed`); free rows may not look at protected columns around them, for whatever
 * they computed from one would be that value.
 */
export function compileSubquery(query: QueryTree, at: At, around: OuterScope, env: Env): SubqueryRef {
  const before = env.state.protectedLooks;
  const compiled = env.compile(query, { ...env, outer: [around, ...env.outer] });
  if (compiled.kind === "subject")
    return Object.freeze<SubqueryRef>({
      kind: "tied",
      rows: compiled.rows,
      values: compiled.columns.map((column) => column.expr),
    });
  if (env.state.protectedLooks > before) {
    return stop(
      "QUERY_SUBQUERY",
      at,
      "figures of a subquery that looks at a protected column around it",
      "Join per-owner totals instead: JOIN (SELECT id, count(*) AS n FROM t GROUP BY id) USING (id).",
    );
  }
  const id = env.state.subqueries.push(compiled.query);
  const beside = around.kind === "subject" ? besideProtected(compiled.query, env) : undefined;
  return Object.freeze<SubqueryRef>({ id, kind: "free", text: `subquery ${id}`, beside });
}

function besideProtected(query: QueryPlan, env: Env): FreeSubquery["beside"] {
  const { families, unique } = shapeOfQuery(query, env);
  const table = env.state.nextFreeTable();
  env.state.steps.push({ kind: "free", table, query });
  return { table, family: families[0], single: unique.some((set) => set.length === 0) };
}

/** `x = ANY (…)` over tied rows asks whether one exists whose value compares so; NULLs among them count for nothing. */
export function placedSubquery(expr: BoundSubquery): Bound {
  const { form, query, at } = expr;
  if (query.kind === "free") {
    // More than one row would fail where the value is asked for, and so tell that a protected row asked.
    if (form.kind === "scalar" && query.beside?.single === false) {
      stop("QUERY_SUBQUERY", at, "a value of a subquery that may have several rows", "Aggregate it: (SELECT max(x) FROM t).");
    }
    return expr;
  }
  switch (form.kind) {
    case "exists":
      return existsTied(query, [], at);
    case "any": {
      const [value, ...more] = query.values;
      if (value === undefined || more.length > 0) return stop("QUERY_SUBQUERY", at, "a subquery of several columns in IN");
      return existsTied(query, [compare(form.op, value, form.arg)], at);
    }
    case "scalar":
      return stop(
        "QUERY_SUBQUERY",
        at,
        "a protected value out of a subquery",
        "Join the table by its owner key, or use EXISTS or IN.",
      );
  }
}

/** What a name means outside the query that writes it, nearest first. */
export function outerColumn(written: WrittenName, at: At, env: Env): Bound | undefined {
  for (const [i, { scope, kind }] of env.outer.entries()) {
    const found = findColumn(scope, written, at);
    if (found === undefined) continue;
    if (kind === "subject") env.state.protectedLooks += 1;
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
    nextAlias: env.state.nextAlias,
    outside: (written, at) => outerColumn(written, at, env),
    subquery: (query, at) => compileSubquery(query, at, { scope, kind }, env),
    placed: placedSubquery,
  };
}
