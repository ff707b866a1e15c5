import { classesOf, type DateStep } from "../controls.ts";
import { type At, stop } from "../refusal.ts";
import type { CoarseColumn, CoarseView } from "../resolve/category.ts";
import type { SchemaColumn } from "../schema.ts";
import type { CompareOp } from "../tree/expression.ts";
import type { Constant } from "./constant.ts";
import { isMultiple, rational } from "./rational.ts";

/** What is left of a column whose whole values no condition may ask; undefined where one may. */
export function coarseOf(column: SchemaColumn): CoarseColumn | undefined {
  const classes = classesOf(column);
  if (classes.includes("equality")) return undefined;
  return { column: column.name, view: viewOf(column, classes) };
}

function viewOf({ grid, step, prefixLength }: SchemaColumn, classes: ReturnType<typeof classesOf>): CoarseView {
  // The catalogue and the agreement say whole grids only; a schema by hand might not.
  if (classes.includes("range") && grid !== undefined && Number.isSafeInteger(grid) && grid > 0) return { kind: "grid", grid };
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

const dayForm = /^\d{4}-\d{2}-\d{2}(?:[ T]00:00(?::00)?)?$/;

function isMonday(day: string): boolean {
  const [year = 0, month = 0, date = 0] = day.split("-").map(Number);
  const civil = new Date(Date.UTC(2000, 0, 1));
  civil.setUTCFullYear(year, month - 1, date);
  return civil.getUTCDay() === 1;
}

/** Whether a day, written yyyy-mm-dd, begins such a step. */
const begins: Readonly<Record<DateStep, (day: string) => boolean>> = {
  day: () => true,
  week: isMonday,
  month: (day) => day.endsWith("-01"),
  quarter: (day) => /-(?:01|04|07|10)-01$/.test(day),
  year: (day) => day.endsWith("-01-01"),
};

function isBound(view: Extract<CoarseView, { kind: "grid" | "step" }>, constant: Constant): boolean {
  if (view.kind === "grid") return constant.family === "number" && isMultiple(constant.value, rational(BigInt(view.grid)));
  const text = constant.family === "text" ? constant.value : textOf(constant);
  return dayForm.test(text) && begins[view.step](text.slice(0, 10));
}

/** A date as it is written; what arithmetic made is no text. */
function textOf(constant: Constant): string {
  return (constant.family === "temporal" ? constant.text : undefined) ?? "";
}

/**
 * Half-open ranges from one step to another: `<=` beside `<` would tell who stands exactly on the grid. `op` as it is with
 * the column on its left.
 */
export function checkCoarseRange(coarse: CoarseColumn, op: CompareOp, constant: Constant | undefined, at: At): void {
  const { view, column } = coarse;
  if ((op !== ">=" && op !== "<") || constant === undefined || view.kind === "prefix" || view.kind === "nothing") {
    const asksRange = view.kind === "grid" || view.kind === "step";
    stopCoarse(coarse, at, asksRange ? `${column} in another comparison than >= or < with a constant` : undefined);
  }
  if (!isBound(view, constant)) {
    stop("QUERY_OFF_GRID", at, `a bound of ${column} that is not on its grid`, hintOf(coarse));
  }
}
