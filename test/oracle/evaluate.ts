import type { CompareOp, Expr, Value } from "./ast.ts";

/** What columns, aggregates, windows and subqueries are in the row at hand. */
export type Env = (leaf: Extract<Expr, { k: "col" | "agg" | "win" | "exists" }>) => Value;

/** -1, 0 or 1, as the engine orders values of one kind (texts by code point, false before true). */
export function order(a: Exclude<Value, null>, b: Exclude<Value, null>): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

const operators: Readonly<Record<CompareOp, (sign: number) => boolean>> = {
  "=": (sign) => sign === 0,
  "<>": (sign) => sign !== 0,
  "<": (sign) => sign < 0,
  "<=": (sign) => sign <= 0,
  ">": (sign) => sign > 0,
  ">=": (sign) => sign >= 0,
};

function compare(op: CompareOp, left: Value, right: Value): Value {
  return left === null || right === null ? null : operators[op](order(left, right));
}

/** SQL's three values: an unknown is only settled by what decides alone. */
function all(values: readonly Value[]): Value {
  if (values.includes(false)) return false;
  return values.includes(null) ? null : true;
}

function negate(value: Value): Value {
  return value === null ? null : value !== true;
}

const any = (values: readonly Value[]): Value => negate(all(values.map(negate)));

type Numbers = (...args: number[]) => number | null;

const numeric: Readonly<Record<string, Numbers>> = {
  "+": (a = 0, b) => (b === undefined ? a : a + b),
  "-": (a = 0, b) => (b === undefined ? -a : a - b),
  "*": (a = 0, b = 0) => a * b,
  "/": (a = 0, b = 0) => (b === 0 ? null : a / b),
  "%": (a = 0, b = 1) => a % b,
  floor: (a = 0) => Math.floor(a),
  abs: (a = 0) => Math.abs(a),
  ln: (a = 0) => Math.log(a),
  sqrt: (a = 0) => Math.sqrt(a),
  power: (a = 0, b = 0) => a ** b,
};

const datePart = (from: number, to: number) => (value: Value) => Number(String(value).slice(from, to));

const strict: Readonly<Record<string, (...args: Value[]) => Value>> = {
  ...Object.fromEntries(
    Object.entries(numeric).map(([name, of]) => [name, (...args: Value[]): Value => of(...args.map(Number))] as const),
  ),
  year: datePart(0, 4),
  month: datePart(5, 7),
  left: (text = "", length = 0) => String(text).slice(0, Number(length)),
  upper: (text = "") => String(text).toUpperCase(),
};

function present(values: readonly Value[]): readonly Exclude<Value, null>[] {
  return values.filter((value) => value !== null);
}

const lenient: Readonly<Record<string, (args: readonly Value[]) => Value>> = {
  coalesce: (args) => present(args)[0] ?? null,
  nullif: ([a = null, b = null]) => (compare("=", a, b) === true ? null : a),
  greatest: (args) =>
    present(args).reduce<Value>((best, value) => (best === null || order(value, best) > 0 ? value : best), null),
  least: (args) => present(args).reduce<Value>((best, value) => (best === null || order(value, best) < 0 ? value : best), null),
};

function callOf(name: string, args: readonly Value[]): Value {
  const loose = lenient[name];
  if (loose !== undefined) return loose(args);
  const of = strict[name];
  if (of === undefined) throw new TypeError(`the oracle knows no ${name}`);
  return args.includes(null) ? null : of(...args);
}

/** The value of an expression in one row. */
export function evaluate(expr: Expr, env: Env): Value {
  const of = (arg: Expr): Value => evaluate(arg, env);
  switch (expr.k) {
    case "col":
    case "agg":
    case "win":
    case "exists":
      return env(expr);
    case "lit":
      return expr.value;
    case "cmp":
      return compare(expr.op, of(expr.left), of(expr.right));
    case "logic":
      return expr.op === "and" ? all(expr.args.map(of)) : any(expr.args.map(of));
    case "not":
      return negate(of(expr.arg));
    case "else":
      return of(expr.arg) !== true;
    case "null":
      return (of(expr.arg) === null) !== expr.negated;
    case "in": {
      const value = of(expr.arg);
      const found = any(expr.list.map((item) => compare("=", value, of(item))));
      return expr.negated ? negate(found) : found;
    }
    case "between": {
      const value = of(expr.arg);
      return all([compare(">=", value, of(expr.low)), compare("<=", value, of(expr.high))]);
    }
    case "like": {
      const value = of(expr.arg);
      return value === null ? null : String(value).startsWith(expr.prefix);
    }
    case "case": {
      const branch = expr.branches.find(({ when }) => of(when) === true);
      return of(branch === undefined ? expr.otherwise : branch.gives);
    }
    case "fn":
      return callOf(expr.fn, expr.args.map(of));
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

function deviations(xs: readonly number[], ys: readonly number[]): number {
  const [x, y] = [sum(xs) / xs.length, sum(ys) / ys.length];
  return sum(xs.map((value, i) => (value - x) * ((ys[i] ?? 0) - y)));
}

function spread(xs: readonly number[], less: number): Value {
  return xs.length <= less ? null : Math.max(0, deviations(xs, xs)) / (xs.length - less);
}

const root = (value: Value): Value => (value === null ? null : Math.sqrt(Number(value)));

function extreme(values: readonly Value[], sign: 1 | -1): Value {
  return present(values).reduce<Value>((best, value) => (best === null || order(value, best) === sign ? value : best), null);
}

/** An aggregate over the values of its arguments, row by row, as the plain engine computes it. */
export function aggregate(name: string, distinct: boolean, rows: readonly (readonly Value[])[]): Value {
  const whole = rows.filter((args) => !args.includes(null));
  const values = whole.map(([value = null]) => value);
  const xs = values.map(Number);
  const second = whole.map((args) => Number(args[1]));
  switch (name) {
    case "count":
      return distinct ? new Set(values).size : whole.length;
    case "sum":
      return xs.length === 0 ? null : sum(xs);
    case "avg":
      return xs.length === 0 ? null : sum(xs) / xs.length;
    case "min":
      return extreme(values, -1);
    case "max":
      return extreme(values, 1);
    case "bool_or":
      return values.length === 0 ? null : values.includes(true);
    case "bool_and":
      return values.length === 0 ? null : !values.includes(false);
    case "var_samp":
      return spread(xs, 1);
    case "var_pop":
      return spread(xs, 0);
    case "stddev":
      return root(spread(xs, 1));
    case "covar_pop":
      return xs.length === 0 ? null : deviations(xs, second) / xs.length;
    case "covar_samp":
      return xs.length < 2 ? null : deviations(xs, second) / (xs.length - 1);
    case "corr": {
      const scale = Math.sqrt(deviations(xs, xs) * deviations(second, second));
      return xs.length === 0 || scale === 0 ? null : deviations(xs, second) / scale;
    }
    default:
      throw new TypeError(`the oracle knows no aggregate ${name}`);
  }
}
