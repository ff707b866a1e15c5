import t from "tap";
import { createClockCheck, judgeClock } from "../../src/cluster/index.ts";

t.test("a difference counts only beyond what the round trip leaves open, and is over only within it", (t) => {
  t.equal(judgeClock(0, 10), true);
  t.equal(judgeClock(-990, 10), true);
  t.equal(judgeClock(1006, 10), false);
  t.equal(judgeClock(-1006, 10), false);
  t.equal(judgeClock(1003, 10), undefined, "it may be 998");
  t.equal(judgeClock(998, 10), undefined, "it may be 1003");
  t.equal(judgeClock(1400, 1000), undefined, "a slow answer tells little");
  t.equal(judgeClock(100, 2000), undefined, "and brings no bad clock back");
  t.equal(judgeClock(Number.NaN, 10), undefined);
  t.end();
});

t.test("a store that does not answer changes nothing, and is asked again", async (t) => {
  const at = new Date("2026-03-02T08:00:00.000Z");
  let answer = async () => new Date(at.getTime() - 60_000);
  const said: string[] = [];
  const check = await createClockCheck({
    clock: { now: () => at },
    store: { time: () => answer() },
    log: (message) => void said.push(message),
  });
  t.match(check.known(), { agrees: false });
  t.ok(Math.abs(check.known().aheadMs - 60_000) < 500);
  answer = () => Promise.reject(new Error("away"));
  while (said.length === 0) {
    t.match(await check.status(), { agrees: false });
    await new Promise((resume) => setTimeout(resume, 20));
  }
  answer = async () => at;
  while (!(await check.status()).agrees) await new Promise((resume) => setTimeout(resume, 20));
  t.match(check.known(), { agrees: true });
});
