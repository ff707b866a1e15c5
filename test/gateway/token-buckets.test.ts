import t from "tap";
import { createTokenBuckets } from "../../src/gateway/token-buckets.ts";
import { createTestClock } from "../support/store.ts";

const make = (over: Partial<Parameters<typeof createTokenBuckets>[0]> = {}) => {
  const clock = createTestClock();
  return { clock, buckets: createTokenBuckets({ quota: 3, windowMs: 60_000, most: 100, clock, ...over }) };
};
const allowed = (buckets: ReturnType<typeof createTokenBuckets>, key: string, times: number) =>
  Array.from({ length: times }, () => buckets.take(key).allowed).filter(Boolean).length;

t.test("a whole quota at once, then one for each share of the window", async (t) => {
  const { clock, buckets } = make();
  t.strictSame(
    [1, 2, 3, 4].map(() => buckets.take("a")),
    [
      { allowed: true, remaining: 2, seconds: 20 },
      { allowed: true, remaining: 1, seconds: 40 },
      { allowed: true, remaining: 0, seconds: 60 },
      { allowed: false, remaining: 0, seconds: 20 },
    ],
  );
  t.ok(buckets.isSpent("a"));
  t.notOk(buckets.isSpent("b"));
  clock.advance(19_900);
  t.notOk(buckets.take("a").allowed, "a refusal costs nothing and gives nothing");
  clock.advance(100);
  t.ok(buckets.take("a").allowed);
  t.notOk(buckets.take("a").allowed);
  t.equal(allowed(buckets, "b", 9), 3, "others have their own");
});

t.test("for every quota exactly as many are allowed, and what was told to wait suffices", async (t) => {
  for (const quota of [1, 2, 3, 7, 60, 600, 999, 3000]) {
    const { clock, buckets } = make({ quota });
    t.equal(allowed(buckets, "a", quota + 50), quota, `quota ${quota}`);
    clock.advance(buckets.take("a").seconds * 1000);
    t.ok(buckets.take("a").allowed, `quota ${quota}: one more`);
    clock.advance(60_000);
    t.equal(allowed(buckets, "a", quota + 50), quota, `quota ${quota}, a window later`);
  }
});

t.test("a clock that is set back locks nobody out for longer than a window", async (t) => {
  const { clock, buckets } = make();
  allowed(buckets, "a", 3);
  clock.advance(-86_400_000);
  t.ok(buckets.take("a").seconds <= 20);
  clock.advance(20_000);
  t.ok(buckets.take("a").allowed);
});

t.test("many strangers cost no more room than there is, and those beyond share one quota", async (t) => {
  const { clock, buckets } = make();
  t.equal(Array.from({ length: 5000 }, (_, at) => buckets.take(`stranger ${at}`)).filter((taken) => taken.allowed).length, 103);
  t.equal(buckets.size, 101);
  t.notOk(buckets.take("one more").allowed);
  t.ok(buckets.isSpent("one more"));
  t.ok(buckets.take("stranger 5").allowed, "who was there before keeps a quota of its own");
  clock.advance(60_000);
  t.ok(buckets.take("one more").allowed, "full buckets are forgotten");
  t.ok(buckets.size < 10, String(buckets.size));
});
