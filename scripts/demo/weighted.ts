import type { SeededRandom } from "./random.ts";

/** Draws places in proportion to their weights, each in constant time (Walker's alias method). */
export interface WeightedChoice {
  draw(random: SeededRandom): number;
}

export function createWeightedChoice(weights: ArrayLike<number>): WeightedChoice {
  const count = weights.length;
  let total = 0;
  for (let place = 0; place < count; place++) total += weights[place] ?? 0;
  if (count === 0 || !(total > 0)) throw new RangeError("a weighted choice needs a positive weight");
  const threshold = new Float64Array(count);
  const alias = new Uint32Array(count);
  const queue = new Uint32Array(count);
  // Light places fill the queue from the left, heavy ones from the right.
  let light = 0;
  let heavy = count;
  for (let place = 0; place < count; place++) {
    const share = ((weights[place] ?? 0) * count) / total;
    threshold[place] = share;
    if (share < 1) queue[light++] = place;
    else queue[--heavy] = place;
  }
  while (light > 0 && heavy < count) {
    const small = queue[--light] ?? 0;
    const large = queue[heavy] ?? 0;
    alias[small] = large;
    const left = (threshold[large] ?? 0) - (1 - (threshold[small] ?? 0));
    threshold[large] = left;
    if (left < 1) {
      heavy++;
      queue[light++] = large;
    }
  }
  // Rounding leaves a few places over: they stand for themselves.
  for (let rest = 0; rest < light; rest++) threshold[queue[rest] ?? 0] = 1;
  for (let rest = heavy; rest < count; rest++) threshold[queue[rest] ?? 0] = 1;
  return {
    draw: (random) => {
      const place = random.below(count);
      return random.unit() < (threshold[place] ?? 1) ? place : (alias[place] ?? place);
    },
  };
}

/** Splits a whole number in proportion to weights, to the unit (largest remainders). */
export function apportion(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  const exact = weights.map((weight) => (total * weight) / sum);
  const parts = exact.map(Math.floor);
  const byRemainder = exact
    .map((value, place) => ({ place, rest: value % 1 }))
    .sort((a, b) => b.rest - a.rest || a.place - b.place);
  const missing = total - parts.reduce((a, b) => a + b, 0);
  for (const { place } of byRemainder.slice(0, missing)) parts[place] = (parts[place] ?? 0) + 1;
  return parts;
}
