import { setTimeout as pause } from "node:timers/promises";
import t from "tap";
import { prepareAgreement, problemOf, startTestPlatform } from "../../support/platform.ts";

t.test("whoever watches a job does not learn when its run ended, by no way of asking", async (t) => {
  // A step that no test waits for: the run is over, and the job is not seen to end.
  const rig = await startTestPlatform(t, { jobs: { endStepMs: 60_000, maxRunningPerOperator: 1 } });
  const { analyst, platform } = rig;
  const { agreement } = await prepareAgreement(rig);
  const submit = async (sql: string): Promise<string> =>
    String((await analyst.post(`/v1/agreements/${agreement}/jobs`, { sql }))["id"]);
  const state = async (job: string): Promise<unknown> => (await analyst.get(`/v1/jobs/${job}`))["state"];
  const idle = (): readonly (number | undefined)[] =>
    platform.engine
      .workers()
      .filter((worker) => worker.role === "run")
      .map((worker) => worker.pid);
  for (const sql of [
    "SELECT county, count(*) AS n FROM person GROUP BY county",
    "SELECT count(*) AS n FROM person WHERE county = 'nowhere'",
  ]) {
    while (idle().length < 2) await pause(20);
    const before = idle();
    const job = await submit(sql);
    const next = await submit(sql);
    while (before.every((pid) => idle().includes(pid))) await pause(20);
    t.equal(await state(job), "running", "its worker is gone, and it still runs");
    t.equal(await state(next), "queued", "its place is not free");
    t.match(await problemOf(analyst.get(`/v1/jobs/${job}/result`)), { code: "RESULT_NOT_FOUND" }, "it has no result");
    await analyst.delete(`/v1/jobs/${next}`);
    await analyst.delete(`/v1/jobs/${job}`);
    t.equal((await analyst.untilEnded(job))["state"], "cancelled", "a cancel ends the hold, and shows nothing");
  }
});
