import { isMultiple, parseRational } from "./subject/rational.ts";
import { isNumeric, isTemporal, type TypeFamily, typeFamily } from "./types.ts";

/** What a condition may do with a column; IS NULL is asked of every column. */
export const operatorClasses = ["equality", "range", "prefix", "pattern"] as const;
export type OperatorClass = (typeof operatorClasses)[number];

/** Steps of a calendar: bounds are first days of one. */
export const dateSteps = ["day", "week", "month", "quarter", "year"] as const;
export type DateStep = (typeof dateSteps)[number];

/** What conditions may ask of one column (design §5): said by the catalogue, tightened by an agreement. */
export interface ColumnControls {
  /** The role's own classes where absent; none at all: only aggregates and IS NULL. */
  readonly conditions?: readonly OperatorClass[] | undefined;
  /** Numbers: bounds and buckets are multiples of it. A measure without one meets no constant. */
  readonly grid?: number | undefined;
  /** Dates and times asked in ranges only: bounds begin such a step, and only coarser parts are told. */
  readonly step?: DateStep | undefined;
  /** Texts asked by their beginnings only: the most characters of one. */
  readonly prefixLength?: number | undefined;
}

export interface ControlledColumn extends ColumnControls {
  readonly type: string;
  readonly role: string;
}

const longestPrefix = 100;

/** What a role lets conditions ask where nobody says less. */
export function roleClasses({ role, type }: Pick<ControlledColumn, "role" | "type">): readonly OperatorClass[] {
  const family = typeFamily(type);
  if (role === "measure") return isNumeric(family) ? ["range"] : [];
  if (role !== "attribute" && role !== "quasi-identifier") return [];
  if (family !== "text") return ["equality", "range"];
  return role === "attribute" ? ["equality", "range", "prefix", "pattern"] : ["equality", "range", "prefix"];
}

export function classesOf(column: ControlledColumn): readonly OperatorClass[] {
  return column.conditions ?? roleClasses(column);
}

/** What may be asked of a column, for people; undefined where its role says it all. */
export function controlsText(column: ControlledColumn): string | undefined {
  const { conditions, grid, step, prefixLength } = column;
  if (conditions === undefined && grid === undefined) return undefined;
  const asked = classesOf(column).join(", ") || "nothing but IS NULL";
  const on = [
    grid === undefined ? "" : ` on multiples of ${grid}`,
    step === undefined ? "" : ` on first days of a ${step}`,
    prefixLength === undefined ? "" : ` of at most ${prefixLength} characters`,
  ];
  return asked + on.join("");
}

/** Steps that are made of whole ones of this step. */
const wholes: Readonly<Record<DateStep, readonly DateStep[]>> = {
  day: dateSteps,
  week: ["week"],
  month: ["month", "quarter", "year"],
  quarter: ["quarter", "year"],
  year: ["year"],
};

/** Whether every part of this size begins and ends where steps do. */
export function isWholeSteps(step: DateStep, part: string): boolean {
  return wholes[step].some((whole) => whole === part);
}

function gridProblem({ role, type, grid }: ControlledColumn, family: TypeFamily): string | undefined {
  if (grid === undefined) return undefined;
  if (!Number.isFinite(grid) || grid <= 0) return "a grid above 0";
  if (role === "measure") return undefined;
  // What divides a DOUBLE or a DECIMAL is rounded: a value on the grid itself could fall on either side.
  return family === "integer" && Number.isSafeInteger(grid) ? undefined : `a whole grid on whole numbers, not on ${type}`;
}

/** Measures are asked in ranges or not at all. */
function measureProblem({ step, prefixLength, grid }: ControlledColumn, classes: readonly OperatorClass[]): string | undefined {
  if (step !== undefined || prefixLength !== undefined) return "a grid, which is what measures have";
  return grid !== undefined && !classes.includes("range") ? "the class range where there is a grid" : undefined;
}

/** What each class needs, for a column that is no measure. */
function classProblem(column: ControlledColumn, classes: readonly OperatorClass[], family: TypeFamily): string | undefined {
  const { grid, step, prefixLength } = column;
  const has = (one: OperatorClass): boolean => classes.includes(one);
  if (has("pattern") && !has("equality")) return "the class equality beside pattern, for a pattern may be a whole value";
  if (has("equality")) {
    const coarse = grid !== undefined || step !== undefined || prefixLength !== undefined;
    return coarse ? "no grid, step or prefixLength where the class equality tells whole values" : undefined;
  }
  if (has("range") && has("prefix")) return "one of range and prefix, where there is no equality";
  if (has("range") && !isTemporal(family) && grid === undefined)
    return "a grid, without which a range may hold one value, or the class equality";
  if (has("range") && isTemporal(family) && step === undefined)
    return "a step, without which a range may hold one day, or the class equality";
  if (has("prefix") && prefixLength === undefined)
    return "a prefixLength, without which a prefix may be a whole value, or the class equality";
  if (!has("range") && (grid !== undefined || step !== undefined)) return "the class range where there is a grid or a step";
  return !has("prefix") && prefixLength !== undefined ? "the class prefix where there is a prefixLength" : undefined;
}

/** What would be accepted instead of controls that do not fit their column; undefined: they do. */
export function controlsProblem(column: ControlledColumn): string | undefined {
  const family = typeFamily(column.type);
  const classes = classesOf(column);
  const most = roleClasses(column);
  const loose = classes.find((one) => !most.includes(one));
  if (loose !== undefined) return `of a ${column.role} of type ${column.type}: ${most.join(", ") || "no class"}`;
  if (new Set(classes).size !== classes.length) return "each class once";
  if (column.step !== undefined && !isTemporal(family)) return "a step on dates and times only";
  const { prefixLength } = column;
  if (prefixLength !== undefined && family !== "text") return "a prefixLength on texts only";
  if (prefixLength !== undefined && !(Number.isInteger(prefixLength) && prefixLength >= 1 && prefixLength <= longestPrefix))
    return `a prefixLength from 1 to ${longestPrefix}`;
  const badGrid = gridProblem(column, family);
  if (badGrid !== undefined) return badGrid;
  return column.role === "measure" ? measureProblem(column, classes) : classProblem(column, classes, family);
}

function isCoarserGrid(wanted: number, declared: number): boolean {
  const [a, b] = [parseRational(String(wanted)), parseRational(String(declared))];
  return a !== undefined && b !== undefined && isMultiple(a, b);
}

export type Tightened =
  | { readonly kind: "tightened"; readonly controls: ColumnControls }
  | { readonly kind: "problem"; readonly problem: string };

/**
 * The column's controls with an agreement's in their place, each at least as strict. What the agreement leaves out stays
 * as declared, but for what makes no sense beside the classes it names.
 */
export function tightenControls(column: ControlledColumn, wanted: ColumnControls): Tightened {
  const no = (problem: string): Tightened => ({ kind: "problem", problem });
  const conditions = wanted.conditions ?? column.conditions;
  const declared = classesOf(column);
  const classes = conditions ?? declared;
  const loose = classes.find((one) => !declared.includes(one));
  if (loose !== undefined) return no(`of the classes that the catalogue allows: ${declared.join(", ") || "none"}`);
  const ranges = classes.includes("range");
  const controls: ColumnControls = {
    conditions,
    grid: wanted.grid ?? (ranges ? column.grid : undefined),
    step: wanted.step ?? (ranges ? column.step : undefined),
    prefixLength: wanted.prefixLength ?? (classes.includes("prefix") ? column.prefixLength : undefined),
  };
  const problem = controlsProblem({ ...column, ...controls });
  if (problem !== undefined) return no(problem);
  // Without a grid a measure meets no constant; any other column meets all.
  if (controls.grid !== undefined && column.grid === undefined && column.role === "measure")
    return no("no grid: the catalogue declares none");
  if (controls.grid !== undefined && column.grid !== undefined && !isCoarserGrid(controls.grid, column.grid))
    return no(`a multiple of the declared grid ${column.grid}`);
  if (column.step !== undefined && controls.step !== undefined && !isWholeSteps(column.step, controls.step))
    return no(`whole steps of a ${column.step}: ${wholes[column.step].join(", ")}`);
  if ((controls.prefixLength ?? 0) > (column.prefixLength ?? longestPrefix))
    return no(`a prefixLength of at most ${column.prefixLength}`);
  return { kind: "tightened", controls };
}
