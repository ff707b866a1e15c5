import { type Bound, plainSubject } from "../resolve/field.ts";
import { call, numberLiteral } from "../tree/make.ts";
import { gridOf, isMeasure } from "./category.ts";
import { keyOf } from "./label.ts";

/** A public or released value as it is: computed before any protected row is looked at. */
function isFree(expr: Bound): boolean {
  if (expr.kind === "ref") return expr.ref.kind === "free";
  return expr.kind === "subquery" && expr.form.kind === "scalar" && expr.query.kind === "free";
}

/** In calls that cannot fail on a DOUBLE: an operator would need TRY, which holds no subquery. */
function rounded(value: Bound, grid: number): Bound {
  const double = (number: number): Bound => numberLiteral(String(number), "double");
  const cast: Bound = Object.freeze<Bound>({ kind: "cast", arg: value, type: "DOUBLE", lenient: true, at: value.at });
  const steps = call("fdiv", call("add", cast, double(grid / 2)), double(grid));
  return Object.freeze({ ...call("multiply", steps, double(grid)), at: value.at });
}

/**
 * A comparison of a measure with a public or released value, this one rounded to the measure's grid: whoever computes a
 * value could let it be any constant. All other expressions stay as they are.
 */
export function onMeasureGrid(expr: Bound): Bound {
  if (expr.kind !== "compare") return expr;
  const grid = (side: Bound): number | undefined => {
    const field = plainSubject(side);
    return field !== undefined && isMeasure(field) ? gridOf(field) : undefined;
  };
  const [left, right] = [grid(expr.left), grid(expr.right)];
  if (left !== undefined && isFree(expr.right)) return Object.freeze({ ...expr, right: rounded(expr.right, left) });
  if (right !== undefined && isFree(expr.left)) return Object.freeze({ ...expr, left: rounded(expr.left, right) });
  return expr;
}

/** Whether a value is one that `onMeasureGrid` rounded to that grid. */
export function isRounded(expr: Bound, grid: number | undefined): boolean {
  let innermost: Bound | undefined = expr;
  while (innermost?.kind === "call") [innermost] = innermost.args;
  if (grid === undefined || innermost?.kind !== "cast" || !isFree(innermost.arg)) return false;
  return keyOf(expr) === keyOf(rounded(innermost.arg, grid));
}
