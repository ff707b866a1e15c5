import type { SchemaColumn, SchemaTable } from "../schema.ts";
import { parseRational, type Rational } from "../subject/rational.ts";

/** As many names as a sentence bears. */
const mostNames = 6;

const listed = (columns: readonly SchemaColumn[]): string =>
  columns
    .slice(0, mostNames)
    .map((column) => column.name)
    .join(", ");

/** The columns of a table by which people may be described, for the sentence "ask by …". */
function describing(table: SchemaTable): string {
  return listed(table.columns.filter(({ role }) => role === "quasi-identifier" || role === "attribute"));
}

export function identifierAdvice(table: SchemaTable, column: string, isOwnerKey: boolean): string {
  const others = describing(table);
  const by = others === "" ? "" : ` Describe people by ${others}.`;
  return isOwnerKey
    ? `Count it with count(DISTINCT ${column}), test it with IS NULL, or join on it.${by}`
    : `Leave ${column} out.${by}`;
}

export function freeTextAdvice(table: SchemaTable): string {
  const others = describing(table);
  return others === "" ? "Leave it out." : `Leave it out, and use ${others}.`;
}

/** A decimal number of a grid: numbers of a grid have few digits. */
const numberText = ({ num, den }: Rational): string => String(Number(num) / Number(den));

interface Step {
  readonly below: string;
  readonly above: string;
}

/** The two grid points around a value: below it or at it, and above it. */
function stepAround(grid: number | undefined, value: Rational): Step | undefined {
  const step = grid === undefined ? undefined : parseRational(String(grid));
  if (step === undefined || step.num <= 0n) return undefined;
  const [numerator, denominator] = [value.num * step.den, value.den * step.num];
  const down = numerator / denominator - (numerator < 0n && numerator % denominator !== 0n ? 1n : 0n);
  const point = (count: bigint): string => numberText({ num: count * step.num, den: step.den });
  return { below: point(down), above: point(down + 1n) };
}

const noGrid = (name: string): string =>
  `${name} has no declared grid: use it inside sum() and avg() only, or ask the agency to declare a grid in the agreement's schema.`;

/** For a constant, or a bucket's width, that lies between two points of the grid. */
export function gridAdvice(name: string, grid: number | undefined, value: Rational): string {
  const step = stepAround(grid, value);
  if (step === undefined) return noGrid(name);
  return step.below === "0"
    ? `Use multiples of ${grid} for ${name}: write ${step.above}.`
    : `Use multiples of ${grid} for ${name}: write ${step.below} or ${step.above}.`;
}

/** For a measure that is asked for one value: the step of its grid that holds it. */
export function rangeAdvice(name: string, grid: number | undefined, value: Rational | undefined): string {
  if (grid === undefined) return noGrid(name);
  const step = value === undefined ? undefined : stepAround(grid, value);
  return step === undefined
    ? `Compare ${name} with constants that are multiples of ${grid}: ${name} >= low AND ${name} < high.`
    : `Ask for the range that holds it: ${name} >= ${step.below} AND ${name} < ${step.above}.`;
}

/** For a measure as a group key: bands whose width is a step of its grid. */
export function groupAdvice(name: string, grid: number | undefined): string {
  return grid === undefined
    ? noGrid(name)
    : `Group by bands: floor(${name} / ${grid}) * ${grid}, or a multiple of ${grid} as the width.`;
}
