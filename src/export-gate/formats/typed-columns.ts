import type { RunValue } from "../../engine/index.ts";
import type { Content } from "../content.ts";
import { type ColumnForm, formOf } from "./column-form.ts";
import { type TypedValue, typedValue } from "./typed-value.ts";

export interface TypedColumn {
  readonly name: string;
  readonly form: ColumnForm;
  readonly values: readonly TypedValue[];
}

/**
 * The columns of a result, each in the form of its type. A column one of whose values that form cannot
 * hold exactly (a date before the year 1, a HUGEINT of 39 digits) is text: nothing is rounded or left out.
 */
export function typedColumns({ columns, rows }: Content): readonly TypedColumn[] {
  return columns.map(({ name, type }, at) => {
    const as = (form: ColumnForm) => rows.map((row) => typedValue(row[at] as RunValue, form));
    const form = formOf(type);
    const values = as(form);
    const all = (candidates: readonly (TypedValue | undefined)[]): candidates is readonly TypedValue[] =>
      !candidates.includes(undefined);
    if (all(values)) return { name, form, values };
    return { name, form: { kind: "text" }, values: as({ kind: "text" }) as readonly TypedValue[] };
  });
}
