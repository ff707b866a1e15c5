import { refTo } from "../resolve/field.ts";
import type { Scope, ScopeColumn } from "../resolve/scope.ts";
import { foldName } from "../schema.ts";

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

/** The engine makes the names of a table's columns unique: a, A, a are a, A_1, a_2. */
export function uniqueNames(columns: readonly ScopeColumn[]): readonly ScopeColumn[] {
  const taken = new Map<string, number>();
  const isTaken = (name: string): boolean => taken.has(foldName(name));
  return columns.map((column) => {
    const { name } = column;
    if (name === undefined) return column;
    let own = name;
    for (let count = taken.get(foldName(name)) ?? 0; isTaken(own); ) {
      count += 1;
      own = `${name}_${count}`;
      taken.set(foldName(name), count);
    }
    taken.set(foldName(own), taken.get(foldName(own)) ?? 0);
    return own === name ? column : { ...column, name: own };
  });
}

export function scopeOf(alias: string | undefined, columns: readonly ScopeColumn[]): Scope {
  return { sources: [{ alias, columns: uniqueNames(columns) }], merged: [] };
}
