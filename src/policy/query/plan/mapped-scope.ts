import type { Bound } from "../resolve/field.ts";
import type { MergedColumn, Scope, ScopeColumn } from "../resolve/scope.ts";

/** All columns of a scope: those that USING merged, then those of its tables. */
export function columnsOf(scope: Scope): readonly ScopeColumn[] {
  return [...scope.merged, ...scope.sources.flatMap((source) => source.columns)];
}

/** The same scope over other expressions; merged columns keep what they hide. */
export function mappedScope(scope: Scope, change: (column: ScopeColumn) => Bound | undefined): Scope {
  const changed = new Map<ScopeColumn, ScopeColumn>();
  for (const column of columnsOf(scope)) {
    const expr = change(column);
    if (expr !== undefined && expr !== column.expr) changed.set(column, { ...column, expr });
  }
  const of = (column: ScopeColumn): ScopeColumn => changed.get(column) ?? column;
  const ofMerged = (column: MergedColumn): MergedColumn =>
    [column, ...column.hides].some((one) => changed.has(one)) ? { ...of(column), hides: column.hides.map(of) } : column;
  return {
    sources: scope.sources.map((source) => ({ ...source, columns: source.columns.map(of) })),
    merged: scope.merged.map(ofMerged),
  };
}
