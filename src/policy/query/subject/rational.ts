/** An exact fraction; `den` > 0, lowest terms. Coefficients and grids never pass through floating point. */
export interface Rational {
  readonly num: bigint;
  readonly den: bigint;
}

function gcd(a: bigint, b: bigint): bigint {
  return b === 0n ? (a < 0n ? -a : a) : gcd(b, a % b);
}

/** `den` must not be 0. */
export function rational(num: bigint, den = 1n): Rational {
  const divisor = gcd(num, den) * (den < 0n ? -1n : 1n);
  return Object.freeze({ num: num / divisor, den: den / divisor });
}

export const zero = rational(0n);
export const one = rational(1n);

const decimalForm = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d{1,3}))?$/;

/** Reads decimal text such as `-12.50` or `1e+21`; undefined for anything else. */
export function parseRational(text: string): Rational | undefined {
  const match = decimalForm.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const digits = BigInt(`${sign}${whole}${fraction}`);
  const shift = Number(exponent) - fraction.length;
  return shift >= 0 ? rational(digits * 10n ** BigInt(shift)) : rational(digits, 10n ** BigInt(-shift));
}

export function add(a: Rational, b: Rational): Rational {
  return rational(a.num * b.den + b.num * a.den, a.den * b.den);
}
export function multiply(a: Rational, b: Rational): Rational {
  return rational(a.num * b.num, a.den * b.den);
}
export function negate(a: Rational): Rational {
  return { num: -a.num, den: a.den };
}
/** `a` must not be zero. */
export function invert(a: Rational): Rational {
  return rational(a.den, a.num);
}
export function isZero(a: Rational): boolean {
  return a.num === 0n;
}
export function isWhole(a: Rational): boolean {
  return a.den === 1n;
}
export function sameRational(a: Rational, b: Rational): boolean {
  return a.num === b.num && a.den === b.den;
}
/** Whether a is a whole multiple of b (b ≠ 0). */
export function isMultiple(a: Rational, b: Rational): boolean {
  return isWhole(multiply(a, invert(b)));
}
