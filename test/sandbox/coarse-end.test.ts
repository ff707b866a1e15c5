import t from "tap";
import { coarseEnd, untilCoarseEnd } from "../../src/sandbox/coarse-end.ts";

t.test("runs end at multiples of a step that grows with them", async (t) => {
  for (const [elapsed, step, end] of [
    [1, 100, 100],
    [99.5, 100, 100],
    [100.1, 100, 200],
    [799, 100, 800],
    [801, 100, 1000],
    [1601, 100, 2000],
    [60_000, 100, 64_000 - (64_000 % 12_800)],
    [37, 0, 37],
  ] as const)
    t.equal(coarseEnd(elapsed, step), end, `${elapsed} ms by ${step}`);
});

t.test("no end is before its time, and none is later by more than a quarter of it or one step", async (t) => {
  const ends = new Set<number>();
  const wrong: string[] = [];
  for (let elapsed = 1; elapsed < 600_000; elapsed *= 1.01) {
    const end = coarseEnd(elapsed, 100);
    ends.add(end);
    if (end < elapsed || end - elapsed > Math.max(100, elapsed / 4)) wrong.push(`${elapsed} → ${end}`);
  }
  t.same(wrong, []);
  t.ok(ends.size < 80, `${ends.size} different ends in ten minutes`);
});

t.test("a stop ends the wait", async (t) => {
  const stop = new AbortController();
  stop.abort();
  await untilCoarseEnd(performance.now(), 60_000, stop.signal);
  t.pass("at once");
});
