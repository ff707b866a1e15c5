import { aggregatedFunctionAdvice } from "../advice/function-advice.ts";
import { findFunction } from "../catalogue/index.ts";
import { stop } from "../refusal.ts";
import type { DerivedField } from "../resolve/field.ts";
import { type Bound, plainSubject, refTo } from "../resolve/field.ts";
import { isNull, literalTrue, logic, not, notTrue } from "../tree/make.ts";
import { isNumeric, typeFamily } from "../types.ts";
import { categoryOf, checkUsable, isMeasure } from "./category.ts";
import { checkCondition, describe } from "./condition.ts";
import { constantOf } from "./constant.ts";
import { partFunctions } from "./date-category.ts";
import { isStored } from "./derive.ts";
import { domainOf } from "./domain.ts";
import { invert, isZero, multiply, negate, one, parseRational, type Rational, rational, zero } from "./rational.ts";

/** coefficient · factor · factor: at most two stored measures stand in one aggregate (design §5, "m is"). */
export interface Term {
  readonly coefficient: Rational;
  readonly factors: readonly Bound[];
}

/** A linear form that holds where the guards are true and everything in `present` is not NULL. Branches exclude each other. */
export interface Branch {
  readonly guards: readonly Bound[];
  readonly present: readonly Bound[];
  readonly terms: readonly Term[];
}

/** CASE within CASE multiplies branches; an honest statement has a handful. */
const maxBranches = 64;

function constant(value: Rational): readonly Branch[] {
  return [{ guards: [], present: [], terms: [{ coefficient: value, factors: [] }] }];
}

function bounded(branches: readonly Branch[], expr: Bound): readonly Branch[] {
  return branches.length > maxBranches ? stop("QUERY_TOO_LARGE", expr.at, "an aggregate with too many CASE branches") : branches;
}

function combine(
  expr: Bound,
  left: Bound,
  right: Bound,
  join: (a: readonly Term[], b: readonly Term[]) => readonly Term[],
): readonly Branch[] {
  const rights = linearBranches(right);
  const product = linearBranches(left).flatMap((a) =>
    rights.map((b) => ({
      guards: [...a.guards, ...b.guards],
      present: [...a.present, ...b.present],
      terms: join(a.terms, b.terms),
    })),
  );
  return bounded(product, expr);
}

function scale(branches: readonly Branch[], by: Rational): readonly Branch[] {
  return branches.map((branch) => ({
    ...branch,
    terms: branch.terms.map((term) => ({ ...term, coefficient: multiply(term.coefficient, by) })),
  }));
}

function multiplyTerms(expr: Bound): (a: readonly Term[], b: readonly Term[]) => readonly Term[] {
  return (a, b) =>
    a.flatMap((x) =>
      b.map((y) => {
        const factors = [...x.factors, ...y.factors];
        if (factors.length > 2)
          stop(
            "QUERY_MEASURE_SHAPE",
            expr.at,
            "a product of more than two measures inside an aggregate",
            "Multiply two at most: sum(a * b), sum(a * a); constant factors do not count.",
          );
        if (factors.length > 1 && factors.some(isConditional))
          stop("QUERY_MEASURE_SHAPE", expr.at, "a product with a per-owner total under a condition inside an aggregate");
        return { coefficient: multiply(x.coefficient, y.coefficient), factors };
      }),
    );
}

/** A per-owner total that a condition shaped: multiplied, it would weigh owners by what it asks. Stored values nobody shaped. */
function isConditional(factor: Bound): boolean {
  const derived = plainSubject(factor)?.derived;
  return derived?.plain === false && !derived.stored;
}

type UnaryRule = (arg: Bound) => readonly Branch[];
type BinaryRule = (expr: Bound, left: Bound, right: Bound) => readonly Branch[];

const minusOne = rational(-1n);

function divisorOf(expr: Bound | undefined): Rational | undefined {
  const value = constantOf(expr);
  return value?.family === "number" && !isZero(value.value) ? value.value : undefined;
}

function divisor(expr: Bound, second: Bound): Rational {
  const value = divisorOf(second);
  if (value !== undefined) return invert(value);
  return stop(
    "QUERY_MEASURE_SHAPE",
    expr.at,
    "a division inside an aggregate by something that is no constant",
    "Divide the totals: sum(a) / sum(b) in place of sum(a / b).",
  );
}

function power(expr: Bound, base: Bound, written: Bound): readonly Branch[] {
  const exponent = constantOf(written);
  if (exponent?.family === "number" && exponent.value.num === 2n && exponent.value.den === 1n) {
    return combine(expr, base, base, multiplyTerms(expr));
  }
  return stop(
    "QUERY_MEASURE_SHAPE",
    expr.at,
    "a power other than 2 inside an aggregate",
    "Use the measure, its square, or stddev, var_samp and corr.",
  );
}

/** coalesce(x, c): x where it is there, the next where it is not. */
function coalesce(args: readonly Bound[], expr: Bound): readonly Branch[] {
  const absent: Bound[] = [];
  const branches = args.flatMap((arg) => {
    const guards = [...absent];
    absent.push(not(presenceOf(arg)));
    return linearBranches(arg).map((branch) => ({ ...branch, guards: [...guards, ...branch.guards] }));
  });
  return bounded(branches, expr);
}

const unaryRules: ReadonlyMap<string, UnaryRule> = new Map<string, UnaryRule>([
  ["+", linearBranches],
  ["-", (arg) => scale(linearBranches(arg), minusOne)],
]);

const binaryRules: ReadonlyMap<string, BinaryRule> = new Map<string, BinaryRule>([
  ["+", (expr, a, b) => combine(expr, a, b, (x, y) => [...x, ...y])],
  ["-", (expr, a, b) => combine(expr, a, b, (x, y) => [...x, ...negated(y)])],
  ["*", (expr, a, b) => combine(expr, a, b, multiplyTerms(expr))],
  ["/", (expr, a, b) => scale(linearBranches(a), divisor(expr, b))],
  ["power", power],
  ["pow", power],
]);

function ofCall(expr: Extract<Bound, { kind: "call" }>): readonly Branch[] {
  if (domainOf(expr) !== undefined) return ofFactor(expr);
  if (expr.fn === "coalesce") return coalesce(expr.args, expr);
  const [first, second] = expr.args;
  const branches = first && (second ? binaryRules.get(expr.fn)?.(expr, first, second) : unaryRules.get(expr.fn)?.(first));
  return branches ?? notLinear(expr);
}

function negated(terms: readonly Term[]): readonly Term[] {
  return terms.map((term) => ({ ...term, coefficient: negate(term.coefficient) }));
}

function notLinear(expr: Bound): never {
  const instead = expr.kind === "call" ? aggregatedFunctionAdvice(expr.fn) : undefined;
  return stop("QUERY_MEASURE_SHAPE", expr.at, `${describe(expr)}, inside an aggregate`, instead);
}

/**
 * Parts of stored dates and differences to a constant date: numbers that the person did not choose and nobody can shape.
 * `year(CASE WHEN t THEN birth_date ELSE DATE '1000-01-01' END)` is everybody's 1000 and one year.
 */
export function isDateNumber(expr: Bound): boolean {
  if (expr.kind !== "call" || !dateNumbers.has(expr.fn) || !expr.args.every(isStoredOrConstant)) return false;
  if (isSevens(expr)) return false;
  const category = categoryOf(expr, checkCondition);
  return category?.small === true && !category.ranges;
}

/**
 * The engine counts weeks between days in sevens from the constant, and towards zero: sums of two of them, a week apart, differ
 * by who was born in that week.
 */
function isSevens({ fn, args }: Extract<Bound, { kind: "call" }>): boolean {
  const unit = constantOf(args[0]);
  return (fn === "date_diff" || fn === "datediff") && unit?.family === "text" && unit.value === "week";
}

function isStoredOrConstant(expr: Bound): boolean {
  return isStored(expr) || constantOf(expr) !== undefined;
}
/** Their steps are the calendar's. Those of date_sub are the constant's own: two sums of centuries since two days tell who was born between. */
const dateNumbers: ReadonlySet<string> = new Set([...partFunctions, "date_part", "datepart", "date_diff", "datediff"]);

function ofColumn(expr: Bound): readonly Branch[] {
  const field = plainSubject(expr);
  if (field === undefined) return notLinear(expr);
  checkUsable(field, expr.at);
  const family = typeFamily(field.column.type);
  if (family === "boolean") return ofBoolean(expr);
  if (field.derived !== undefined) return ofDerived(field.derived, expr);
  if (!isMeasure(field)) {
    return stop(
      "QUERY_MEASURE_SHAPE",
      expr.at,
      `the column ${field.column.name}, which is no numeric measure, inside an aggregate`,
      `Count by condition: count(*) FILTER (${field.column.name} = …), or GROUP BY ${field.column.name}.`,
    );
  }
  return ofFactor(expr);
}

/** A per-owner total: plainly, or as its parts, each with the owners who meet its own condition. */
function ofDerived({ sums, label }: DerivedField, expr: Bound): readonly Branch[] {
  if (sums === "itself") return ofFactor(expr);
  if (sums === "never") {
    return stop(
      "QUERY_MEASURE_SHAPE",
      expr.at,
      `${label} inside an aggregate`,
      "Sum stored measures and counts or sums per owner; use other figures of an owner in conditions and groups.",
    );
  }
  const terms = sums.map(({ coefficient, field }) => ({ coefficient, factors: [refTo(field, expr.at)] }));
  return [{ guards: [], present: [expr], terms }];
}

function ofFactor(expr: Bound): readonly Branch[] {
  return [{ guards: [], present: [expr], terms: [{ coefficient: one, factors: [expr] }] }];
}

/** A condition used as a number: 1 where true, 0 where false, NULL where unknown. */
function ofBoolean(expr: Bound): readonly Branch[] {
  checkCondition(expr);
  return [
    { guards: [expr], present: [], terms: [{ coefficient: one, factors: [] }] },
    { guards: [not(expr)], present: [], terms: [{ coefficient: zero, factors: [] }] },
  ];
}

function ofCase(expr: Extract<Bound, { kind: "case" }>): readonly Branch[] {
  const before: Bound[] = [];
  const branches = expr.branches.flatMap((branch) => {
    checkCondition(branch.when);
    const guards = [...before, branch.when];
    before.push(notTrue(branch.when));
    return linearBranches(branch.result).map((inner) => ({ ...inner, guards: [...guards, ...inner.guards] }));
  });
  const otherwise = linearBranches(expr.otherwise).map((inner) => ({ ...inner, guards: [...before, ...inner.guards] }));
  return bounded([...branches, ...otherwise], expr);
}

/** A cast inside an aggregate is taken only where it changes no value: conditions to numbers, numbers to DOUBLE. */
function ofCast(expr: Extract<Bound, { kind: "cast" }>): readonly Branch[] {
  const family = typeFamily(expr.type);
  if (isCondition(expr.arg) && isNumeric(family)) return ofBoolean(expr.arg);
  if (family === "double") return linearBranches(expr.arg);
  return stop(
    "QUERY_FALLIBLE",
    expr.at,
    `a cast to ${expr.type} inside an aggregate`,
    "Cast the released figure, or cast to DOUBLE.",
  );
}

const conditionKinds: ReadonlySet<Bound["kind"]> = new Set(["compare", "logic", "not", "is-null", "in", "subquery"]);

function isCondition(expr: Bound): boolean {
  if (conditionKinds.has(expr.kind)) return true;
  const field = plainSubject(expr);
  return field !== undefined && typeFamily(field.column.type) === "boolean";
}

function ofLiteral(expr: Extract<Bound, { kind: "literal" }>): readonly Branch[] {
  const { value } = expr;
  if (value.type === "null") return [];
  const number = value.type === "number" ? parseRational(value.text) : undefined;
  return number === undefined ? notLinear(expr) : constant(number);
}

/** Takes the argument of an aggregate apart into guarded linear forms of stored measures; refuses every other shape. */
export function linearBranches(expr: Bound): readonly Branch[] {
  if (isDateNumber(expr)) return ofFactor(expr);
  switch (expr.kind) {
    case "ref":
      return ofColumn(expr);
    case "literal":
      return ofLiteral(expr);
    case "call":
      return ofCall(expr);
    case "case":
      return ofCase(expr);
    case "cast":
      return ofCast(expr);
    case "compare":
    case "logic":
    case "not":
    case "is-null":
    case "in":
    case "subquery":
      return ofBoolean(expr);
    case "aggregate":
    case "window":
    case "lambda":
      return notLinear(expr);
  }
}

const literalFalse: Bound = not(literalTrue);

/** Functions that may be NULL where no argument is, or be there where one is NULL. */
const unlikeArguments: ReadonlySet<string> = new Set(["nullif", "greatest", "least", "concat", "concat_ws", "//", "%", "mod"]);

/** Functions of free rows that give something for everything but NULL. */
const strict: ReadonlySet<string> = new Set([
  ...["abs", "ceil", "ceiling", "round", "trunc", "sign", "sqrt", "exp", "ln", "log", "log2", "log10"],
  ...["isnan", "isinf", "isfinite", "||", "ltrim", "rtrim", "length", "replace", "reverse", "last_day", "strftime"],
]);

/** Whether a function is NULL exactly where one of its arguments is. */
function isStrict(expr: Extract<Bound, { kind: "call" }>): boolean {
  // Of what only free rows take, a part may be NULL where the whole is not.
  if (findFunction(expr.fn)?.subject === "none" && !strict.has(expr.fn)) return false;
  return expr.fn === "/" ? divisorOf(expr.args[1]) !== undefined : !unlikeArguments.has(expr.fn);
}

/** The condition under which an expression is not NULL: what count(x) counts, and avg divides by. */
export function presenceOf(expr: Bound): Bound {
  switch (expr.kind) {
    case "literal":
      return expr.value.type === "null" ? literalFalse : literalTrue;
    case "case":
      return presenceOfCase(expr);
    case "call":
      if (expr.fn === "coalesce") return some(expr.args.map(presenceOf));
      return isStrict(expr) ? every(expr.args.map(presenceOf)) : isNull(expr, true);
    case "cast":
      return expr.lenient ? isNull(expr, true) : presenceOf(expr.arg);
    case "compare":
      return expr.op === "distinct" || expr.op === "not-distinct"
        ? literalTrue
        : every([presenceOf(expr.left), presenceOf(expr.right)]);
    case "is-null":
    case "subquery":
      return literalTrue;
    default:
      return isNull(expr, true);
  }
}

export function isAlways(condition: Bound): boolean {
  return condition === literalTrue;
}

function every(conditions: readonly Bound[]): Bound {
  const rest = conditions.filter((condition) => !isAlways(condition));
  return rest.length === 0 ? literalTrue : logic("and", rest);
}

function some(conditions: readonly Bound[]): Bound {
  if (conditions.some(isAlways)) return literalTrue;
  const rest = conditions.filter((condition) => condition !== literalFalse);
  return rest.length === 0 ? literalFalse : logic("or", rest);
}

function presenceOfCase(expr: Extract<Bound, { kind: "case" }>): Bound {
  const before: Bound[] = [];
  const parts = expr.branches.map((branch) => {
    const part = { guards: [...before, branch.when], presence: presenceOf(branch.result) };
    before.push(notTrue(branch.when));
    return part;
  });
  const all = [...parts, { guards: before, presence: presenceOf(expr.otherwise) }];
  if (all.every((part) => isAlways(part.presence))) return literalTrue;
  return some(all.filter((part) => part.presence !== literalFalse).map((part) => every([...part.guards, part.presence])));
}
