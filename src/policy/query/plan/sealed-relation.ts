import type { Env } from "./env.ts";
import { columnsOf, mappedScope } from "./mapped-scope.ts";
import type { SubjectRelation } from "./subject-from.ts";
import { windowedRows } from "./windowed-rows.ts";

/** The same rows as one table: whatever was joined and asked below, stands below. */
export function sealedRelation({ rows, scope }: SubjectRelation, env: Env): SubjectRelation {
  const columns = columnsOf(scope);
  const parts = { items: columns, having: undefined, qualify: undefined, order: [] };
  const sealed = windowedRows(rows, parts, env);
  const exprs = new Map(sealed.parts.items.map((item, i) => [columns[i], item.expr]));
  return { kind: "subject", rows: sealed.rows, scope: mappedScope(scope, (column) => exprs.get(column)) };
}
