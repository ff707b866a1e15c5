import { aggregates } from "./aggregates.ts";
import { dates } from "./dates.ts";
import type { FunctionEntry } from "./entry.ts";
import { forms } from "./forms.ts";
import { freeAggregates } from "./free-aggregates.ts";
import { lists } from "./lists.ts";
import { numbers } from "./numbers.ts";
import { operators } from "./operators.ts";
import { type RefusalReason, reasonTexts } from "./refused.ts";
import { scalars } from "./scalars.ts";
import { structures } from "./structures.ts";
import { texts } from "./texts.ts";
import { windows } from "./windows.ts";

export type { FunctionEntry, SubjectUse } from "./entry.ts";
export { type RefusalReason, refusedFunctions } from "./refused.ts";
export { refusedTableFunctions, tableFunctions } from "./table-functions.ts";

/** The whole catalogue: name → class. A name that is not here is refused. */
export const functionCatalogue: Readonly<Record<string, FunctionEntry>> = Object.freeze({
  ...numbers,
  ...texts,
  ...dates,
  ...lists,
  ...structures,
  ...operators,
  ...forms,
  ...freeAggregates,
  ...scalars,
  ...aggregates,
  ...windows,
});

const byName: ReadonlyMap<string, FunctionEntry> = new Map(Object.entries(functionCatalogue));

/** Functions that take a lambda, and so the only places where one is read. */
export const lambdaFunctions: ReadonlySet<string> = new Set([
  ...["apply", "array_apply", "array_transform", "list_apply", "list_transform"],
  ...["array_filter", "filter", "list_filter", "array_reduce", "list_reduce", "reduce"],
]);

/** Functions that make structs: their arguments are named, by themselves where they are columns. */
export const structMakers: ReadonlySet<string> = new Set(["struct_pack", "struct_insert", "struct_update", "union_value"]);

/** Functions whose arguments may have names. */
export const namedArguments: ReadonlySet<string> = new Set([...structMakers, "unnest"]);

/** Functions that take an aggregate by its name, which must be a constant of the catalogue. */
export const byAggregate: ReadonlySet<string> = new Set([
  "list_aggregate",
  "list_aggr",
  "array_aggregate",
  "array_aggr",
  "aggregate",
]);

/** Why a function is refused, for people; empty for what the engine does not have either. */
export function whyRefused(name: string, refused: Readonly<Record<string, RefusalReason>>): string {
  const reason = new Map(Object.entries(refused)).get(name);
  return reason === undefined ? "" : `: ${reasonTexts[reason]}`;
}

/** Looked up in a map, for a plain object would also answer to `constructor`. */
export function findFunction(name: string): FunctionEntry | undefined {
  return byName.get(name);
}
