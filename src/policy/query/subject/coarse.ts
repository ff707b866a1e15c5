import { classesOf, type DateStep } from "../controls.ts";
import { type At, stop } from "../refusal.ts";
import type { CoarseColumn, CoarseView } from "../resolve/category.ts";
import type { SchemaColumn } from "../schema.ts";
import type { CompareOp } from "../tree/expression.ts";
import type { Constant } from "./constant.ts";
import { isMultiple, parseRational, zero } from "./rational.ts";

/** What is left of a column whose whole values no condition may ask; undefined where one may. */
export function coarseOf(column: SchemaColumn): CoarseColumn | undefined {
  const classes = classesOf(column);
  if (classes.includes("equality")) return undefined;
  return { column: column.name, view: viewOf(column, classes) };
}

function viewOf({ grid, step, prefixLength }: SchemaColumn, classes: ReturnType<typeof classesOf>): CoarseView {
  if (classes.includes("range") && grid !== undefined) return { kind: "grid", grid };
  if (classes.includes("range") && step !== undefined) return { kind: "step", step };
  if (classes.includes("prefix") && prefixLength !== undefined) return { kind: "prefix", length: prefixLength };
  return { kind: "nothing" };
}

function hintOf({ column, view }: CoarseColumn): string {
  switch (view.kind) {
    case "grid":
      return `Use ${column} >= low AND ${column} < high with multiples of ${view.grid}, or floor(${column} / ${view.grid}).`;
    case "step":
      return `Use ${column} >= first AND ${column} < end with first days of a ${view.step}, date_trunc('${view.step}', ${column}), or coarser parts.`;
    case "prefix":
      return `Use ${column} LIKE 'abc%' or left(${column}, n) with at most ${view.length} characters.`;
    case "nothing":
      return `Use ${column} inside aggregates, or ask whether it IS NULL.`;
  }
}

/** Refuses a use that would tell more of a column than its agreed view. */
export function stopCoarse(coarse: CoarseColumn, at: At, found = `${coarse.column} in a form that tells whole values`): never {
  return stop("QUERY_COLUMN_CONTROL", at, found, hintOf(coarse));
}

const dayForm = /^(\d{4})-(\d{2})-(\d{2})(?:[ T]00:00(?::00)?)?$/;

function isFirstOf(step: DateStep, text: string | undefined): boolean {
  const [whole, year, month, day] = dayForm.exec(text ?? "") ?? [];
  if (whole === undefined) return false;
  switch (step) {
    case "day":
      return true;
    case "week": {
      const date = new Date(Date.UTC(2000, Number(month) - 1, Number(day)));
      date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
      return date.getUTCDay() === 1;
    }
    case "month":
      return day === "01";
    case "quarter":
      return day === "01" && ["01", "04", "07", "10"].includes(month ?? "");
    case "year":
      return day === "01" && month === "01";
  }
}

function isBound(view: CoarseView, constant: Constant | undefined): boolean {
  if (view.kind === "grid")
    return constant?.family === "number" && isMultiple(constant.value, parseRational(String(view.grid)) ?? zero);
  if (view.kind !== "step") return false;
  return isFirstOf(view.step, constant?.family === "temporal" || constant?.family === "text" ? textOf(constant) : undefined);
}

function textOf(constant: Extract<Constant, { family: "temporal" | "text" }>): string | undefined {
  return constant.family === "text" ? constant.value : constant.text;
}

/**
 * Half-open ranges from one step to another: `<=` beside `<` would tell who stands exactly on the grid. `op` as it is with
 * the column on its left.
 */
export function checkCoarseRange(coarse: CoarseColumn, op: CompareOp, constant: Constant | undefined, at: At): void {
  const { view, column } = coarse;
  if ((op !== ">=" && op !== "<") || constant === undefined || view.kind === "prefix" || view.kind === "nothing") {
    stopCoarse(coarse, at, `${column} in another comparison than >= or < with a constant`);
  }
  if (!isBound(view, constant)) {
    stop("QUERY_OFF_GRID", at, `a bound of ${column} that is not on its grid`, hintOf(coarse));
  }
}
