import { stop } from "../refusal.ts";
import { type Bound, plainSubject, type SubjectField } from "../resolve/field.ts";
import { conjunctsOf } from "../tree/make.ts";
import { isMeasure } from "./category.ts";
import { constantOf } from "./constant.ts";
import { labelOf } from "./label.ts";
import { add, type Rational, rational, zero } from "./rational.ts";

/** A measure in a function that has no value everywhere, and what it must be above. */
interface Domain {
  readonly field: SubjectField;
  /** The function has a value at this bound itself. */
  readonly closed: boolean;
  readonly above: Rational;
}

const isOne = (expr: Bound | undefined): boolean => {
  const constant = constantOf(expr);
  return constant?.family === "number" && constant.value.num === 1n && constant.value.den === 1n;
};

function measureOf(expr: Bound): SubjectField | undefined {
  const field = plainSubject(expr);
  return field !== undefined && isMeasure(field) ? field : undefined;
}

/** ln(x), ln(x + 1) and sqrt(x) of a plain measure: the shapes that design §5 takes, for none of them singles anybody out. */
export function domainOf(expr: Bound): Domain | undefined {
  if (expr.kind !== "call" || (expr.fn !== "ln" && expr.fn !== "sqrt")) return undefined;
  const [arg] = expr.args;
  const [field] = expr.args.map(measureOf);
  if (field !== undefined) return { field, closed: expr.fn === "sqrt", above: zero };
  if (expr.fn === "sqrt" || arg?.kind !== "call" || arg.fn !== "+") return undefined;
  const [shifted] = arg.args.flatMap((one, i) => (isOne(arg.args[1 - i]) ? [measureOf(one)] : []));
  return shifted === undefined ? undefined : { field: shifted, closed: false, above: rational(-1n) };
}

/** `x >= c`, `x > c`, or the same written from the other side. */
function lowerBound(condition: Bound, field: SubjectField): { readonly at: Rational; readonly closed: boolean } | undefined {
  if (condition.kind !== "compare") return undefined;
  const { op, left, right } = condition;
  const [measure, other, ordered] = op === ">=" || op === ">" ? [left, right, true] : [right, left, op === "<=" || op === "<"];
  const own = plainSubject(measure);
  const constant = constantOf(other);
  if (!ordered || own?.source !== field.source || own.column.name !== field.column.name) return undefined;
  return constant?.family === "number" ? { at: constant.value, closed: op === ">=" || op === "<=" } : undefined;
}

function proves(condition: Bound, { field, closed, above }: Domain): boolean {
  const bound = lowerBound(condition, field);
  if (bound === undefined) return false;
  const distance = add(bound.at, { num: -above.num, den: above.den });
  return distance.num > 0n || (distance.num === 0n && (closed || !bound.closed));
}

/** Refuses a factor that could have no value for some row that the statement's own conditions let through. */
export function checkDomain(factor: Bound, conditions: readonly Bound[]): void {
  const domain = domainOf(factor);
  if (domain === undefined || conditions.flatMap(conjunctsOf).some((condition) => proves(condition, domain))) return;
  const name = labelOf({ kind: "ref", ref: domain.field, at: undefined });
  stop(
    "QUERY_FALLIBLE",
    factor.at,
    `${labelOf(factor)}, which has no value for some ${name}`,
    `Filter first: WHERE ${domain.field.column.name} ${domain.closed || domain.above.num < 0n ? ">=" : ">"} 0.`,
  );
}
