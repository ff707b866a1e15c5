import { type At, stop } from "../refusal.ts";
import { foldName } from "../schema.ts";
import type { CompareOp } from "../tree/expression.ts";
import type { Written } from "../tree/statement.ts";
import { likePattern, matches } from "./re2-pattern.ts";

/** What a test of a column's name may compute on its way. */
type Value = string | number | boolean | null;

type Compute = (args: readonly string[], at: At) => Value;

const like =
  (fold: (text: string) => string, negated: boolean): Compute =>
  ([text = "", pattern = "", mark], at) =>
    matches(likePattern(fold(pattern), mark), fold(text), true, at) !== negated;
const plain = (text: string): string => text;
const lower = (text: string): string => text.toLowerCase();

/** Functions of texts that say something of a name. */
const computes: ReadonlyMap<string, Compute> = new Map<string, Compute>([
  ["~~", like(plain, false)],
  ["!~~", like(plain, true)],
  ["~~*", like(lower, false)],
  ["!~~*", like(lower, true)],
  ["like_escape", like(plain, false)],
  ["not_like_escape", like(plain, true)],
  ["regexp_matches", ([text = "", pattern = ""], at) => matches(pattern, text, false, at)],
  ["regexp_full_match", ([text = "", pattern = ""], at) => matches(pattern, text, true, at)],
  ...["prefix", "starts_with", "^@"].map((fn): [string, Compute] => [fn, ([text = "", start = ""]) => text.startsWith(start)]),
  ...["suffix", "ends_with"].map((fn): [string, Compute] => [fn, ([text = "", end = ""]) => text.endsWith(end)]),
  ["contains", ([text = "", part = ""]) => text.includes(part)],
  ...["lower", "lcase"].map((fn): [string, Compute] => [fn, ([text = ""]) => lower(text)]),
  ...["upper", "ucase"].map((fn): [string, Compute] => [fn, ([text = ""]) => text.toUpperCase()]),
  ...["length", "len"].map((fn): [string, Compute] => [fn, ([text = ""]) => Array.from(text).length]),
]);

const compares: Readonly<Record<CompareOp, (order: number) => boolean>> = {
  "=": (order) => order === 0,
  "<>": (order) => order !== 0,
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
  distinct: (order) => order !== 0,
  "not-distinct": (order) => order === 0,
};

function compared(op: CompareOp, left: Value, right: Value, at: At): Value {
  if (left === null || right === null || typeof left !== typeof right) return unreadable(at);
  const order = left === right ? 0 : left < right ? -1 : 1;
  return compares[op](order);
}

function unreadable(at: At): never {
  return stop(
    "QUERY_CLAUSE_UNSUPPORTED",
    at,
    "a test of column names by what is not listed for it",
    "Use LIKE, ILIKE, SIMILAR TO, regexp_matches, starts_with, ends_with, contains, length, lower, upper, comparisons, IN, AND, OR and NOT.",
  );
}

const truth = (value: Value, at: At): boolean => (typeof value === "boolean" ? value : unreadable(at));

/** Computes a test of one column's name; the engine does the same with its own functions while it binds. */
function computed(expr: Written, parameter: string, name: string): Value {
  const of = (child: Written): Value => computed(child, parameter, name);
  switch (expr.kind) {
    case "ref":
      return expr.ref.qualifier.length === 0 && foldName(expr.ref.name) === foldName(parameter) ? name : unreadable(expr.at);
    case "literal": {
      const { value } = expr;
      if (value.type === "null") return unreadable(expr.at);
      return value.type === "number" ? Number(value.text) : value.value;
    }
    case "logic": {
      const values = expr.args.map((arg) => truth(of(arg), arg.at));
      return expr.op === "and" ? values.every(Boolean) : values.some(Boolean);
    }
    case "not":
      return !truth(of(expr.arg), expr.at);
    case "compare":
      return compared(expr.op, of(expr.left), of(expr.right), expr.at);
    case "in":
      return expr.list.some((item) => compared("=", of(expr.arg), of(item), expr.at) === true) !== expr.negated;
    case "call": {
      const args = expr.args.map(of);
      const compute = computes.get(expr.fn);
      const texts = args.filter((arg) => typeof arg === "string");
      return compute === undefined || texts.length < args.length ? unreadable(expr.at) : compute(texts, expr.at);
    }
    default:
      return unreadable(expr.at);
  }
}

export function passes(test: Written, parameter: string, name: string): boolean {
  return truth(computed(test, parameter, name), test.at);
}
