import t from "tap";
import {
  add,
  invert,
  isMultiple,
  isWhole,
  multiply,
  negate,
  parseRational,
  rational,
} from "../../../src/policy/query/subject/rational.ts";

t.test("decimal text is read exactly, whatever its form", async (t) => {
  for (const [text, num, den] of [
    ["12", 12n, 1n],
    ["-0.50", -1n, 2n],
    ["1e+21", 10n ** 21n, 1n],
    ["2.5e-3", 1n, 400n],
  ] as const) {
    t.same(parseRational(text), { num, den }, text);
  }
  for (const text of ["", "x", "1.", ".5", "1e", "0x10", "1_000", "Infinity"]) t.equal(parseRational(text), undefined, text);
});

t.test("fractions stay in lowest terms with a positive denominator", async (t) => {
  t.same(rational(4n, -6n), { num: -2n, den: 3n });
  t.same(add(rational(1n, 3n), rational(1n, 6n)), { num: 1n, den: 2n });
  t.same(multiply(rational(2n, 3n), invert(rational(-4n, 3n))), { num: -1n, den: 2n });
  t.same(negate(rational(1n, 2n)), { num: -1n, den: 2n });
  t.ok(isWhole(rational(6n, 3n)));
});

t.test("a grid of 0.1 takes 0.3, which floating point would deny", async (t) => {
  t.ok(isMultiple(rational(3n, 10n), rational(1n, 10n)));
  t.notOk(isMultiple(rational(35n, 100n), rational(1n, 10n)));
});
