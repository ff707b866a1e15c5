import { type At, stop } from "../refusal.ts";
import type { Bound, FreeSubquery, SubjectRows, SubqueryRef, TiedSubquery } from "../resolve/field.ts";
import type { BoundSubquery, NameContext } from "../resolve/names.ts";
import { findColumn, type Scope } from "../resolve/scope.ts";
import { checkTied, existsTied } from "../subject/tie.ts";
import { compare } from "../tree/make.ts";
import type { QueryTree, WrittenName } from "../tree/statement.ts";
import type { TotalsBeside } from "./beside-totals.ts";
import type { Env, OuterScope } from "./env.ts";
import { shapeOfQuery } from "./free-shape.ts";
import { isOnePerOwner } from "./one-per-owner.ts";
import type { QueryPlan } from "./query-plan.ts";
import { releaseBeside } from "./release-beside.ts";
import { simplifiedKey } from "./simplified-key.ts";

/**
 * A subquery in an expression, compiled with the names around it in sight. Rows with owners are tied to the row
 * around them where they stand (`placed`); free rows may not look at protected columns around them, for whatever
 * they computed from one would be that value.
 */
export function compileSubquery(query: QueryTree, at: At, around: OuterScope, env: Env): SubqueryRef {
  const { state } = env;
  const [before, reach] = [state.protectedLooks, state.reach];
  state.reach = Number.POSITIVE_INFINITY;
  const compiled = env.compile(query, { ...env, outer: [around, ...env.outer], isValue: around.kind === "subject" });
  const looks = state.reach < Number.POSITIVE_INFINITY;
  state.reach = Math.min(reach, state.reach);
  if (compiled.kind === "subject")
    return Object.freeze<SubqueryRef>({
      kind: "tied",
      rows: compiled.rows,
      values: compiled.columns.map((column) => column.expr),
      total: compiled.total,
    });
  if (compiled.joinedTo !== undefined) return releaseBeside(compiled, at, env);
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
  return Object.freeze<SubqueryRef>({ id, kind: "free", text: `subquery ${id}`, looks, beside });
}

function besideProtected(query: QueryPlan, env: Env): FreeSubquery["beside"] {
  const { families, unique } = shapeOfQuery(query, env);
  const table = env.state.nextFreeTable();
  env.state.steps.push({ kind: "free", table, query });
  return { table, family: families[0], single: unique.some((set) => set.length === 0) };
}

/** A total of the owner around it, as a column of a table beside that owner's rows. */
function placedTotal(query: TiedSubquery, at: At, totals: TotalsBeside | undefined): Bound {
  const [value, ...more] = query.values;
  if (value !== undefined && more.length === 0 && totals !== undefined) {
    if (query.released === true) return totals.add(query.rows, value);
    checkTied(query.rows, at);
    if (query.total === true || isOnePerOwner(query.rows)) return totals.add(query.rows, value);
  }
  return stop(
    "QUERY_SUBQUERY",
    at,
    "a protected value out of a subquery",
    "Aggregate in it, tied by the owner key (SELECT count(*) FROM t WHERE t.id = p.id), join the table, or use EXISTS or IN.",
  );
}

/** `x = ANY (…)` over tied rows asks whether one exists whose value compares so; NULLs among them count for nothing. */
export function placedSubquery(expr: BoundSubquery, totals: TotalsBeside | undefined): Bound {
  const { form, query, at } = expr;
  if (query.kind === "free") {
    // More than one row would fail where the value is asked for, and so tell that a protected row asked.
    if (form.kind === "scalar" && query.beside?.single === false) {
      stop("QUERY_SUBQUERY", at, "a value of a subquery that may have several rows", "Aggregate it: (SELECT max(x) FROM t).");
    }
    return expr;
  }
  if ((query.total === true || query.released === true) && form.kind !== "scalar") {
    stop(
      "QUERY_SUBQUERY",
      at,
      "EXISTS or IN over an aggregate without GROUP BY, which has a row for everybody",
      "Compare its value instead: (SELECT count(*) FROM t WHERE t.id = p.id) > 0.",
    );
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
      return placedTotal(query, at, totals);
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

/**
 * What names mean in one query: its own columns, then its aliases, then what stands around it. `rows`: rows of owners that it is
 * over; `totals`: where totals of owners may stand as values.
 */
export function namesIn(
  env: Env,
  scope: Scope,
  kind: OuterScope["kind"],
  { rows, totals }: { readonly rows?: SubjectRows | undefined; readonly totals?: TotalsBeside | undefined } = {},
): Omit<NameContext, "aliases" | "prefer"> {
  return {
    scope,
    budget: env.state.budget,
    nextAlias: env.state.nextAlias,
    outside: (written, at) => outerColumn(written, at, env),
    subquery: (query, at) => compileSubquery(query, at, { scope, kind }, env),
    placed: (expr) => placedSubquery(expr, totals),
    simplified: (expr) => (rows === undefined ? expr : simplifiedKey(expr, rows)),
  };
}
