import type { At } from "../refusal.ts";
import { type RowsFrom, refTo } from "../resolve/field.ts";
import type { Env } from "./env.ts";
import { shapeOfQuery } from "./free-shape.ts";
import { columnsOf, mappedScope } from "./mapped-scope.ts";
import type { Relation } from "./query-plan.ts";
import { columnId, plainQuery, type QueryPlan } from "./query-plan.ts";
import type { SubjectRelation } from "./subject-from.ts";

/**
 * Public or released rows as a table beside protected ones. Each column knows its kind where that is sure, and
 * the rows know what is unique in them: they may add columns to protected rows, never multiply them.
 */
export function besideSubjects(relation: Extract<Relation, { kind: "free" }>, at: At, env: Env): SubjectRelation {
  const { scope } = relation;
  const columns = columnsOf(scope);
  const query: QueryPlan = { ...plainQuery, items: columns.map((column) => column.expr), from: relation.from };
  const { families, unique } = shapeOfQuery(query, env);
  const name = env.state.nextFreeTable();
  env.state.steps.push({ kind: "free", table: name, query });
  const alias = env.state.nextAlias();
  const own = mappedScope(scope, (column) => {
    const place = columns.indexOf(column);
    return refTo({ kind: "free", source: alias, column: columnId(place), family: families[place] }, column.expr.at);
  });
  const table = { name: "public or released rows", grade: "public" as const, subjects: [], columns: [] };
  const free = { table: name, unique: unique.map((set) => set.map(columnId)) };
  const from: RowsFrom = { kind: "leaf", leaf: { table, alias, at, free } };
  return { kind: "subject", rows: { from, conditions: [] }, scope: own };
}
