import t from "tap";
import { createSeededRandom } from "../../scripts/demo/random.ts";
import { apportion, createWeightedChoice } from "../../scripts/demo/weighted.ts";

t.test("one seed and label give one stream, another label another", async (t) => {
  const draw = (seed: string, label: string) => {
    const random = createSeededRandom(seed, label);
    return Array.from({ length: 8 }, () => random.unit());
  };
  t.same(draw("s", "a"), draw("s", "a"));
  t.notSame(draw("s", "a"), draw("s", "b"));
  t.notSame(draw("s", "a"), draw("t", "a"));
});

t.test("even draws fill the interval evenly and normal draws have mean 0 and variance 1", async (t) => {
  const random = createSeededRandom("seed", "moments");
  const bins = new Array<number>(10).fill(0);
  let [sum, squares] = [0, 0];
  const draws = 100_000;
  for (let draw = 0; draw < draws; draw++) {
    const place = random.below(10);
    bins[place] = (bins[place] ?? 0) + 1;
    const normal = random.normal();
    sum += normal;
    squares += normal * normal;
  }
  for (const bin of bins) t.ok(Math.abs(bin - draws / 10) < 500, `${bin} draws in a tenth`);
  t.ok(Math.abs(sum / draws) < 0.02);
  t.ok(Math.abs(squares / draws - 1) < 0.03);
});

t.test("a weighted choice follows its weights and never draws a weight of zero", async (t) => {
  const random = createSeededRandom("seed", "weights");
  const weights = [0, 1, 2, 0, 7, 0];
  const choice = createWeightedChoice(weights);
  const counts = weights.map(() => 0);
  for (let draw = 0; draw < 50_000; draw++) {
    const place = choice.draw(random);
    counts[place] = (counts[place] ?? 0) + 1;
  }
  for (const [place, weight] of weights.entries()) {
    const expected = weight * 5000;
    t.ok(Math.abs((counts[place] ?? 0) - expected) <= expected * 0.06, `${counts[place]} for weight ${weight}`);
  }
  t.throws(() => createWeightedChoice([0, 0]), RangeError);
  t.throws(() => createWeightedChoice([]), RangeError);
});

t.test("a whole number is split to the unit", async (t) => {
  t.same(apportion(10, [1, 1, 1]), [4, 3, 3]);
  t.same(apportion(0, [1, 2]), [0, 0]);
  t.equal(
    apportion(200_000, [0.1, 7, 3.3, 12]).reduce((a, b) => a + b, 0),
    200_000,
  );
});
