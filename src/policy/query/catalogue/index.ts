import { aggregates } from "./aggregates.ts";
import type { FunctionEntry } from "./entry.ts";
import { scalars } from "./scalars.ts";
import { windows } from "./windows.ts";

export type { FunctionEntry, SubjectUse } from "./entry.ts";
export { tableFunctions } from "./table-functions.ts";

/** The whole catalogue: name → class. A name that is not here is refused. */
export const functionCatalogue: Readonly<Record<string, FunctionEntry>> = Object.freeze({
  ...scalars,
  ...aggregates,
  ...windows,
});

const byName: ReadonlyMap<string, FunctionEntry> = new Map(Object.entries(functionCatalogue));

/** Looked up in a map, for a plain object would also answer to `constructor`. */
export function findFunction(name: string): FunctionEntry | undefined {
  return byName.get(name);
}
