import { setTimeout as pause } from "node:timers/promises";
import t from "tap";
import { prepareAgreement, runToEnd, startTestPlatform } from "../../support/platform.ts";

/** Longer than any run here, so that all of them must be told alike. Timers may be early by a part of a millisecond. */
const stepMs = 1500;
const early = 2;

const statements = {
  "nobody's rows": "SELECT count(*) AS n FROM person WHERE county = 'nowhere'",
  "everybody's rows, by county": "SELECT county, count(*) AS n, sum(income) AS income FROM person GROUP BY county",
} as const;

t.test("how long a run took is told by nothing that its operator may ask for", async (t) => {
  const rig = await startTestPlatform(t, { jobs: { endStepMs: stepMs } });
  const { analyst, platform } = rig;
  const { agreement } = await prepareAgreement(rig);
  const runs = (): readonly (number | undefined)[] =>
    platform.engine
      .workers()
      .filter(({ role }) => role === "run")
      .map(({ pid }) => pid);

  for (const [name, sql] of Object.entries(statements))
    await t.test(`a statement that meets ${name}`, async (t) => {
      const submitted = performance.now();
      const job = String((await runToEnd(rig, agreement, sql))["id"]);
      const shown = performance.now() - submitted;
      t.ok(shown >= stepMs - early, `ends after ${shown} ms, as every other`);

      const { result } = await analyst.get(`/v1/jobs/${job}/result`);
      const asked = performance.now();
      await analyst.post("/v1/exports", { result, purpose: "统计", productName: "人口" });
      const took = performance.now() - asked;
      t.ok(took >= stepMs - early, `its run for an export answers after ${took} ms, as every other`);
    });

  await t.test("a cancel is no stop-watch: it takes as long after the run's end as before it", async (t) => {
    while (runs().length < 2) await pause(20);
    const before = runs();
    const { id } = await analyst.post(`/v1/agreements/${agreement}/jobs`, { sql: statements["nobody's rows"] });
    while (before.every((pid) => runs().includes(pid))) await pause(1);
    const asked = performance.now();
    await analyst.delete(`/v1/jobs/${String(id)}`);
    t.equal((await analyst.untilEnded(String(id)))["state"], "cancelled");
    const took = performance.now() - asked;
    t.ok(took >= 200 - early, `ended ${took} ms after it was asked for`);
  });
});
