import { refTo } from "../resolve/field.ts";
import type { Scope, ScopeColumn } from "../resolve/scope.ts";

/** Columns of free rows under a plan's own alias, with the names that the statement may call them by. */
export function freeColumns(
  alias: string,
  ids: readonly string[],
  names: readonly (string | undefined)[],
): readonly ScopeColumn[] {
  return ids.map((column, i) => ({ name: names[i], expr: refTo({ kind: "free", source: alias, column }, undefined) }));
}

/** t(a, b): the first columns under the operator's own names. */
export function renamed(columns: readonly ScopeColumn[], names: readonly string[]): readonly ScopeColumn[] {
  return columns.map((column, i) => ({ ...column, name: names[i] ?? column.name }));
}

export function scopeOf(alias: string | undefined, columns: readonly ScopeColumn[]): Scope {
  return { sources: [{ alias, columns }], merged: [] };
}
