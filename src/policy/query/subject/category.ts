import { freeTextAdvice, identifierAdvice } from "../advice/column-advice.ts";
import { classesOf } from "../controls.ts";
import { stop } from "../refusal.ts";
import type { Category } from "../resolve/category.ts";
import type { Bound, FreeField, SubjectField } from "../resolve/field.ts";
import { isNumeric, isTemporal, type TypeFamily, typeFamily } from "../types.ts";
import { coarseOf, stopCoarse } from "./coarse.ts";
import { type Constant, constantOf } from "./constant.ts";
import { dateRules } from "./date-category.ts";
import { type CategoryReader, type CategoryRule, made, makeCategory } from "./make-category.ts";
import { nameOf } from "./measure-grid.ts";
import { greatestStep, numberConstant, numberRules } from "./number-category.ts";

export { gridOf, isMeasure, nameOf, onGrid } from "./measure-grid.ts";

/** Judges a condition inside a category (CASE, boolean keys); given by `condition.ts`, which builds on this file. */
export type JudgeCondition = (condition: Bound) => void;
type Args = readonly Bound[];

/** Refuses what no expression over protected rows may hold, whatever stands around it. */
export function checkUsable(field: SubjectField, at: number | undefined): void {
  const { column, subject, table } = field;
  if (subject !== undefined || column.role === "identifier") {
    const name = nameOf(field);
    stop(
      "QUERY_IDENTIFIER_USE",
      at,
      `the identifier ${name} in an expression`,
      identifierAdvice(table, name, subject !== undefined),
    );
  }
  if (column.role === "free-text") stop("QUERY_FREE_TEXT_USE", at, `the free text ${column.name}`, freeTextAdvice(table));
}

function ofColumn(field: SubjectField, at: number | undefined): Category | undefined {
  checkUsable(field, at);
  if (field.derived !== undefined) return field.derived.category;
  if (field.column.role === "measure") return undefined;
  const classes = classesOf(field.column);
  const patterns = classes.includes("pattern") ? "any" : classes.includes("prefix") ? "prefix" : "none";
  const whole = !classes.includes("range");
  return makeCategory({ family: typeFamily(field.column.type), patterns, whole, coarse: coarseOf(field.column) });
}

const textFunction: CategoryRule = ([arg, ...limits], reader) => {
  const category = reader.strict(arg);
  return category?.family === "text" && areBounded(limits)
    ? made([category], { family: "text", patterns: category.patterns })
    : undefined;
};

function areBounded(limits: Args): boolean {
  return limits.every((limit) => {
    const constant = numberConstant(limit);
    return constant?.whole === true && constant.value.num >= 0n && constant.value.num <= 1000n;
  });
}

/** How many characters from the first on left(x, n) and substring(x, 1, n) tell; undefined where that is not sure. */
function toldLength(fn: string, limits: Args): bigint | undefined {
  const [first, ...rest] = limits.map((limit) => numberConstant(limit)?.value.num);
  if (!areBounded(limits)) return undefined;
  if (fn === "left") return first;
  return first === 1n ? rest[0] : undefined;
}

/** Of a column that is asked by its beginning, no more than that. */
function beginning(fn: string): CategoryRule {
  return (args, reader) => {
    const [arg, ...limits] = args;
    const category = reader.loose(arg);
    const coarse = category?.coarse;
    if (coarse?.view.kind !== "prefix") return textFunction(args, reader);
    const length = toldLength(fn, limits);
    const isTold = length !== undefined && length <= BigInt(coarse.view.length);
    return isTold ? made([category], { family: "text", patterns: "prefix" }) : stopCoarse(coarse, arg?.at);
  };
}

/** Results that may stand beside each other: categories of one family, and constants. */
function merge(parts: Args, reader: CategoryReader): Category | undefined {
  const constants = parts.map(constantOf);
  const rest = parts.filter((_part, i) => constants[i] === undefined).map((expr) => reader.strict(expr));
  const families = new Set([...rest.map((category) => category?.family), ...constants.flatMap(constantFamily)]);
  const [family] = families;
  const small =
    rest.every((category) => category?.small) && constants.every((constant) => constant === undefined || isSmall(constant));
  return families.size === 1 && family !== undefined ? made(rest, { family, small }) : undefined;
}

const patternsFrom: readonly Category["patterns"][] = ["none", "prefix", "any"];

/**
 * What a column is that is one thing in some rows and another in others: as fine as the coarsest of them. `mixed`: of
 * kinds that cannot stand in one column. Undefined where one is no category at all.
 */
export function mergedCategory(parts: Args, judge: JudgeCondition): Category | "mixed" | undefined {
  const rest = parts.filter((part) => constantOf(part) === undefined).map((expr) => categoryOf(expr, judge));
  const constants = parts.flatMap((part) => constantOf(part) ?? []);
  const known = rest.filter((category) => category !== undefined);
  if (known.length < rest.length) return undefined;
  const families = new Set([...known.map(({ family }) => family), ...constants.flatMap(constantFamily)]);
  const [first, ...others] = families;
  const family = others.length > 0 && [...families].every(isNumeric) ? "double" : first;
  if (family === undefined || family === "other" || (others.length > 0 && family !== "double")) return "mixed";
  const small = known.every((category) => category.small) && constants.every(isSmall);
  const [patterns = "none"] = patternsFrom.filter((pattern) => known.some((category) => category.patterns === pattern));
  return made(known, { family, small, patterns });
}

function isSmall(constant: Constant): boolean {
  if (constant.family === "null") return true;
  return constant.family === "number" && constant.whole && constant.value.num ** 2n <= greatestStep ** 2n;
}

const literalFamilies: Readonly<Record<Constant["family"], readonly TypeFamily[]>> = {
  null: [],
  boolean: ["boolean"],
  temporal: ["date"],
  interval: ["other"],
  text: ["text"],
  number: ["integer"],
};

function constantFamily(constant: Constant | undefined): readonly TypeFamily[] {
  return constant === undefined ? [] : literalFamilies[constant.family];
}

/** How each function that may touch protected values keeps them coarse. */
const rules: ReadonlyMap<string, CategoryRule> = new Map<string, CategoryRule>([
  ...dateRules,
  ...["upper", "ucase", "lower", "lcase", "trim", "right"].map((name) => [name, textFunction] as const),
  ...["left", "substring", "substr"].map((name) => [name, beginning(name)] as const),
  ...numberRules,
  ["coalesce", merge],
  ["nullif", merge],
]);

/** Casts of categories that lose nothing and cannot fail (releases use the lenient cast throughout). */
function ofCast(arg: Bound, type: string, reader: CategoryReader): Category | undefined {
  const category = reader.strict(arg);
  if (category === undefined) return undefined;
  const target = typeFamily(type);
  if (target === "text") return made([category], { family: "text" });
  if (isTemporal(category.family) && isTemporal(target)) return made([category], { family: target });
  if (isNumeric(category.family) && isNumeric(target)) return makeCategory({ ...category, family: target });
  if (category.family === target) return category;
  return stop(
    "QUERY_FALLIBLE",
    arg.at,
    `a cast to ${type} that could fail on a protected value`,
    category.family === "text" ? "Leave the cast out, and compare with texts: column = '1'." : undefined,
  );
}

/** Whether a row exists, whether a value is among free ones, or one free value. */
function ofSubquery(expr: Extract<Bound, { kind: "subquery" }>, judge: JudgeCondition): Category | undefined {
  const { form, query } = expr;
  if (form.kind === "scalar" && query.kind === "free") return makeCategory({ family: query.beside?.family ?? "other" });
  judge(expr);
  return makeCategory({ family: "boolean" });
}

/** A public or released column beside protected rows: a pattern asks nothing that the query it comes from could not. */
function ofFree({ family = "other" }: FreeField): Category {
  return makeCategory({ family, patterns: family === "text" ? "any" : "none" });
}

/**
 * The category that an expression over protected rows is, or undefined, as for an absent argument; identifiers and free
 * text are refused on sight. A column of which only a coarse view may be asked keeps that: the caller holds to it.
 */
export function looseCategoryOf(expr: Bound | undefined, judge: JudgeCondition): Category | undefined {
  const reader: CategoryReader = {
    strict: (one) => categoryOf(one, judge),
    loose: (one) => looseCategoryOf(one, judge),
  };
  switch (expr?.kind) {
    case "ref":
      return expr.ref.kind === "subject" ? ofColumn(expr.ref, expr.at) : ofFree(expr.ref);
    case "call":
      return rules.get(expr.fn)?.(expr.args, reader);
    case "case":
      for (const branch of expr.branches) judge(branch.when);
      return merge([...expr.branches.map((branch) => branch.result), expr.otherwise], reader);
    case "cast":
      return ofCast(expr.arg, expr.type, reader);
    case "compare":
    case "logic":
    case "not":
    case "is-null":
    case "in":
      judge(expr);
      return makeCategory({ family: "boolean" });
    case "subquery":
      return ofSubquery(expr, judge);
    case "literal":
    case "aggregate":
    case "window":
    case "lambda":
    case undefined:
      return undefined;
  }
}

/** The same for whatever asks whole values. */
export function categoryOf(expr: Bound | undefined, judge: JudgeCondition): Category | undefined {
  const category = looseCategoryOf(expr, judge);
  return category?.coarse === undefined ? category : stopCoarse(category.coarse, expr?.at);
}
