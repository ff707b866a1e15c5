import { classesOf } from "../controls.ts";
import type { SubjectField } from "../resolve/field.ts";
import { isNumeric, typeFamily } from "../types.ts";
import { isMultiple, parseRational, type Rational } from "./rational.ts";

/** A stored number that only aggregates, ranges and buckets may look at. */
export function isMeasure(field: SubjectField): boolean {
  return field.column.role === "measure" && field.subject === undefined && isNumeric(typeFamily(field.column.type));
}

/** The grid of a measure that may be asked in ranges. */
export function gridOf({ column }: SubjectField): number | undefined {
  return classesOf(column).includes("range") ? column.grid : undefined;
}

/** Whether a constant lies on a measure's declared grid; a measure without a grid has no such constant. */
export function onGrid(field: SubjectField, value: Rational): boolean {
  const declared = gridOf(field);
  const grid = declared === undefined ? undefined : parseRational(String(declared));
  return grid !== undefined && grid.num > 0n && isMultiple(value, grid);
}

/** As people call it: a column of derived rows has no name of its own in the statement. */
export function nameOf(field: SubjectField): string {
  return field.derived?.label ?? field.column.name;
}
