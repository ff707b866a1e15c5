import { type Refusal, refuse } from "../kernel/index.ts";
import { parseColumnType } from "./column-type.ts";
import type { CatalogRefusalCode } from "./refusals.ts";

interface KeyColumn {
  readonly name: string;
  readonly type: string;
  readonly role: string;
}

const [mostKeys, mostColumns] = [8, 8];

function problemOf(name: string, columns: readonly KeyColumn[]): string | undefined {
  const column = columns.find((candidate) => candidate.name === name);
  if (column === undefined) return "declared columns";
  if (column.role === "free-text") return "columns that are no free text";
  // 0 and -0 are equal and not the same, and what a file writes is rounded on its way into a DOUBLE.
  if (parseColumnType(column.type)?.class === "double") return "columns of another type than DOUBLE";
  return undefined;
}

/** The declared keys of a public table in canonical form. Protected rows are told apart by their owners alone. */
export function checkKeys(
  { grade, keys = [] }: { readonly grade: string; readonly keys?: readonly (readonly string[])[] | undefined },
  columns: readonly KeyColumn[],
): readonly (readonly string[])[] | Refusal<CatalogRefusalCode> {
  const no = (instead: string, column?: string) =>
    refuse("CATALOG_KEY_INVALID", { ...(column === undefined ? {} : { column: column.slice(0, 100) }), instead });
  if (grade !== "public" && keys.length > 0)
    return no("keys on public tables only; of a protected one say which owners are unique");
  if (keys.length > mostKeys) return no(`at most ${mostKeys} keys`);
  for (const key of keys) {
    if (key.length === 0 || key.length > mostColumns || new Set(key).size !== key.length)
      return no(`1 to ${mostColumns} different columns in each key`);
    for (const name of key) {
      const problem = problemOf(name, columns);
      if (problem !== undefined) return no(problem, name);
    }
  }
  const sets = new Map(keys.map((key) => [JSON.stringify(key.toSorted()), [...key]]));
  return [...sets.values()];
}

/** A row without its key equals nothing, and would still be a row: columns of keys hold a value in every row. */
export function neverEmpty<C extends KeyColumn>(columns: readonly C[], names: readonly string[]): readonly C[] {
  return columns.map((column) => (names.includes(column.name) ? { ...column, nullable: false } : column));
}
