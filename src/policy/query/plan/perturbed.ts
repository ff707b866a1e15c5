import { leavesOf, outerConditions, selectsOf } from "../release/rows.ts";
import type { Bound, RowsFrom, SubjectRows, SubqueryRef } from "../resolve/field.ts";
import { childrenOf } from "../tree/rebuild.ts";
import type { CompileState } from "./env.ts";
import { type CtePlan, columnId, type FromPlan, type QueryPlan } from "./query-plan.ts";

/** What is known of rows: which columns hold perturbed figures or what is made of them, and whether figures chose the rows. */
interface Rows {
  readonly columns: readonly boolean[];
  readonly chosen: boolean;
}

/**
 * Which columns of the result are perturbed, where figures are. A figure of a release is; so is every expression over one, and
 * an aggregate, a window or a subquery over rows that figures chose. Group keys, constants and public columns are not.
 *
 * Every relation of a plan has an alias of its own, so that marks of columns need no scopes.
 */
export function perturbedColumns(
  query: QueryPlan,
  { steps, ctes, subqueries }: Pick<CompileState, "steps" | "ctes" | "subqueries">,
): readonly boolean[] {
  const marked = new Set<string>();
  const named = new Map<string, Rows>();
  const nothing: Rows = { columns: [], chosen: false };
  /** Public tables are not among them. */
  const rowsOf = (name: string): Rows => named.get(name) ?? nothing;
  const mark = (alias: string, column: string, on: boolean): void => {
    if (on) marked.add(`${alias}.${column}`);
  };
  const markAll = (alias: string, { columns }: Rows): void => {
    for (const [at, on] of columns.entries()) mark(alias, columnId(at), on);
  };

  function subquery(ref: SubqueryRef): boolean {
    // Only whether there are such rows comes out of it.
    if (ref.kind === "tied") return subjectRows(ref.rows);
    // The value, or whether there is one.
    const rows = ref.beside === undefined ? subqueries.slice(ref.id - 1, ref.id).map(trace) : [rowsOf(ref.beside.table)];
    return rows.some(({ columns, chosen }) => chosen || columns.includes(true));
  }

  /** `chosen`: figures chose the rows that aggregates and windows go over. */
  function expr(e: Bound, chosen: boolean): boolean {
    if (e.kind === "ref") return marked.has(`${e.ref.source}.${e.ref.kind === "free" ? e.ref.column : e.ref.column.name}`);
    if (chosen && (e.kind === "aggregate" || e.kind === "window")) return true;
    if (e.kind === "subquery" && subquery(e.query)) return true;
    return childrenOf(e).some((child) => expr(child, chosen));
  }

  /** Rows of owners, beside which free rows may stand; answers whether figures chose them. */
  function subjectRows({ from, conditions }: SubjectRows): boolean {
    const chosen = rowsFrom(from);
    return [...outerConditions(from), ...conditions].map((e) => expr(e, false)).includes(true) || chosen;
  }

  function rowsFrom(from: RowsFrom): boolean {
    return leavesOf(from)
      .map(({ alias, free, derived }) => {
        if (free !== undefined) {
          const rows = rowsOf(free.table);
          markAll(alias, rows);
          return rows.chosen;
        }
        if (derived === undefined) return false;
        const selects = selectsOf(derived).map(({ rows, exprs }) => ({ chosen: subjectRows(rows), exprs }));
        for (const [at, { field }] of derived.columns.entries())
          for (const { exprs } of selects)
            mark(
              alias,
              field.column.name,
              exprs.slice(at, at + 1).some((e) => expr(e, false)),
            );
        return selects.some(({ chosen }) => chosen);
      })
      .includes(true);
  }

  function table(alias: string, name: string): boolean {
    const rows = rowsOf(name);
    markAll(alias, rows);
    return rows.chosen;
  }

  /** Marks the columns and answers whether figures chose the rows. */
  function fromPlan(from: FromPlan): boolean {
    switch (from.kind) {
      case "none":
        return false;
      case "table":
      case "cte":
        return table(from.alias, from.name);
      case "query": {
        const rows = trace(from.query);
        markAll(from.alias, rows);
        return rows.chosen;
      }
      case "release": {
        const { rows, keys, atoms, quantiles } = from.release;
        const chosen = subjectRows(rows);
        for (const key of keys) mark(from.alias, key.id, expr(key.expr, chosen));
        for (const { id } of [...atoms, ...quantiles.flatMap(({ points }) => points)]) mark(from.alias, id, true);
        return chosen;
      }
      case "set": {
        const [left, right] = [trace(from.left), trace(from.right)];
        const columns = left.columns.map((on, at) => on || right.columns[at] === true);
        markAll(from.alias, { columns, chosen: false });
        const compared = (from.op !== "union" || !from.all) && columns.includes(true);
        return left.chosen || right.chosen || compared;
      }
      case "values":
        for (const row of from.rows)
          for (const [at, column] of from.columns.entries())
            mark(
              from.alias,
              column,
              row.slice(at, at + 1).some((e) => expr(e, false)),
            );
        return false;
      case "function": {
        const on = from.args.some((arg) => expr(arg, false));
        for (const column of from.columns) mark(from.alias, column, on);
        return on;
      }
      case "join": {
        const sides = [fromPlan(from.left), fromPlan(from.right)];
        return sides.includes(true) || (from.on !== undefined && expr(from.on, false));
      }
    }
  }

  function cte({ name, query: first, step }: CtePlan): void {
    named.set(name, trace(first));
    // What a recursion adds may spread a mark by one column each time.
    for (let round = 0; step !== undefined && round <= step.width; round += 1) {
      const [before, added] = [rowsOf(name), trace(step.query)];
      const columns = before.columns.map((on, at) => on || added.columns[at] === true);
      const chosen = before.chosen || added.chosen;
      if (chosen === before.chosen && columns.every((on, at) => on === before.columns[at])) break;
      named.set(name, { columns, chosen });
    }
  }

  function trace(plan: QueryPlan): Rows {
    plan.ctes.forEach(cte);
    const any = (exprs: readonly (Bound | undefined)[], over: boolean): boolean =>
      exprs.some((e) => e !== undefined && expr(e, over));
    const from = fromPlan(plan.from);
    const before = any([plan.where, ...plan.groupBy], from) || from;
    const grouped = any([plan.having], before) || before;
    // An aggregate of a group goes over its rows, a window over the groups that HAVING left.
    const columns = plan.items.map((item) => expr(item, grouped));
    const cut = plan.limit !== undefined || plan.offset !== undefined || plan.distinctOn.length > 0;
    const order = plan.order.map((item) => item.expr);
    const chosen =
      any([plan.qualify, plan.limit?.count, plan.offset, ...plan.distinctOn, ...(cut ? order : [])], grouped) ||
      (plan.distinct && columns.includes(true)) ||
      grouped;
    return { columns, chosen };
  }

  // WITH queries that stand before everything may be named by free rows beside protected ones, and the other way round.
  for (let round = 0; round < 2; round += 1) {
    ctes.forEach(cte);
    for (const step of steps) if (step.kind === "free") named.set(step.table, trace(step.query));
  }
  return trace(query).columns;
}
