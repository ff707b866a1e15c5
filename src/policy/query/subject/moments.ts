import type { Bound, Field, SubqueryRef } from "../resolve/field.ts";
import type { CaseExpr, CastExpr } from "../tree/expression.ts";
import { call, compare, literalNull, numberLiteral } from "../tree/make.ts";

/** Sums over the rows in which every argument is there: number, sums, sums of squares and of products. */
export interface Sums {
  readonly n: Bound;
  readonly x: Bound;
  readonly xx: Bound;
}
/** Third and fourth powers, made only where a figure needs them. */
export interface PowerSums extends Sums {
  xxx(): Bound;
  xxxx(): Bound;
}
export interface PairSums extends Sums {
  readonly y: Bound;
  readonly yy: Bound;
  readonly xy: Bound;
}

const zero = numberLiteral("0", "double");
const one = numberLiteral("1", "double");
const double = (arg: Bound): Bound => {
  const made: CastExpr<Field, SubqueryRef> = { kind: "cast", arg, type: "DOUBLE", lenient: false, at: undefined };
  return Object.freeze(made);
};
const times = (a: Bound, b: Bound): Bound => call("*", double(a), double(b));
const over = (a: Bound, b: Bound): Bound => call("/", double(a), call("nullif", double(b), zero));
const minus = (a: Bound, b: Bound): Bound => call("-", double(a), double(b));

/** What is less than 0 only because of rounding is 0; what is NULL stays so, unlike with `greatest`. */
function notNegative(value: Bound): Bound {
  const made: CaseExpr<Field, SubqueryRef> = {
    kind: "case",
    branches: [{ when: compare("<", value, zero), result: zero }],
    otherwise: value,
    at: undefined,
  };
  return Object.freeze(made);
}

/** Σ(a − ā)(b − b̄) from Σab, Σa, Σb and n. */
const deviation = (ab: Bound, a: Bound, b: Bound, n: Bound): Bound => minus(ab, over(times(a, b), n));
const squares = ({ n, x, xx }: Sums): Bound => notNegative(deviation(xx, x, x, n));
const root = (value: Bound): Bound => call("sqrt", value);
const fewer = (n: Bound): Bound => minus(n, one);

/** Figures of one measure. One line each. */
export const singleMoments: ReadonlyMap<string, (sums: Sums) => Bound> = new Map([
  ...["var_samp", "variance"].map((fn) => [fn, (s: Sums): Bound => over(squares(s), fewer(s.n))] as const),
  ["var_pop", (s: Sums): Bound => over(squares(s), s.n)],
  ...["stddev", "stddev_samp"].map((fn) => [fn, (s: Sums): Bound => root(over(squares(s), fewer(s.n)))] as const),
  ["stddev_pop", (s: Sums): Bound => root(over(squares(s), s.n))],
  ["sem", (s: Sums): Bound => over(root(over(squares(s), s.n)), root(double(s.n)))],
] as const);

const number = (text: string): Bound => numberLiteral(text, "double");
const product = (first: Bound, ...others: readonly Bound[]): Bound => others.reduce(times, first);
const mean = ({ n, x }: Sums): Bound => over(x, n);
const variance = (s: Sums): Bound => over(squares(s), s.n);

/** Σ(x − x̄)³ = Σx³ − 3x̄Σx² + 2x̄²Σx; Σ(x − x̄)⁴ = Σx⁴ − 4x̄Σx³ + 6x̄²Σx² − 3x̄³Σx. */
function cubes(s: PowerSums): Bound {
  const m = mean(s);
  return call("+", minus(s.xxx(), product(number("3"), m, s.xx)), product(number("2"), m, m, s.x));
}
function fourths(s: PowerSums): Bound {
  const m = mean(s);
  const [first, last] = [minus(s.xxxx(), product(number("4"), m, s.xxx())), product(number("3"), m, m, m, s.x)];
  return minus(call("+", first, product(number("6"), m, m, s.xx)), last);
}

const excess = (s: PowerSums): Bound => over(over(fourths(s), s.n), times(variance(s), variance(s)));

/** Nothing where there are too few values. */
function beyond(n: Bound, least: string, result: Bound): Bound {
  const branches = [{ when: compare(">", double(n), number(least)), result }];
  return Object.freeze<Bound>({ kind: "case", branches, otherwise: literalNull, at: undefined });
}

/** Figures of third and fourth powers, corrected for samples as the engine does. One line each. */
export const shapeMoments: ReadonlyMap<string, (sums: PowerSums) => Bound> = new Map([
  [
    "skewness",
    (s: PowerSums): Bound => {
      const spread = root(product(variance(s), variance(s), variance(s)));
      const correction = over(root(times(s.n, fewer(s.n))), minus(s.n, number("2")));
      return beyond(s.n, "2", over(times(correction, over(cubes(s), s.n)), spread));
    },
  ],
  ["kurtosis_pop", (s: PowerSums): Bound => minus(excess(s), number("3"))],
  [
    "kurtosis",
    (s: PowerSums): Bound => {
      const inner = minus(times(call("+", double(s.n), one), excess(s)), times(number("3"), fewer(s.n)));
      return beyond(s.n, "3", over(times(fewer(s.n), inner), times(minus(s.n, number("2")), minus(s.n, number("3")))));
    },
  ],
] as const);

const ySquares = ({ n, y, yy }: PairSums): Bound => squares({ n, x: y, xx: yy });
const products = ({ n, x, y, xy }: PairSums): Bound => deviation(xy, x, y, n);
const slope = (s: PairSums): Bound => over(products(s), squares(s));

function determination(s: PairSums): Bound {
  const made: CaseExpr<Field, SubqueryRef> = {
    kind: "case",
    branches: [{ when: compare("=", ySquares(s), zero), result: over(squares(s), squares(s)) }],
    otherwise: over(times(products(s), products(s)), times(squares(s), ySquares(s))),
    at: undefined,
  };
  return Object.freeze(made);
}

/** Figures of two measures (y, x), as SQL orders them (ISO/IEC 9075-2, 10.9). One line each. */
export const pairMoments: ReadonlyMap<string, (sums: PairSums) => Bound> = new Map([
  ["covar_pop", (s: PairSums): Bound => over(products(s), s.n)],
  ["covar_samp", (s: PairSums): Bound => over(products(s), fewer(s.n))],
  ["corr", (s: PairSums): Bound => over(products(s), root(times(squares(s), ySquares(s))))],
  ["regr_slope", slope],
  ["regr_intercept", (s: PairSums): Bound => minus(over(s.y, s.n), times(slope(s), over(s.x, s.n)))],
  ["regr_r2", determination],
  ["regr_count", (s: PairSums): Bound => s.n],
  ["regr_avgx", (s: PairSums): Bound => over(s.x, s.n)],
  ["regr_avgy", (s: PairSums): Bound => over(s.y, s.n)],
  ["regr_sxx", squares],
  ["regr_syy", ySquares],
  ["regr_sxy", products],
]);
