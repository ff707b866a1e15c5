import { readFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { runHowTo } from "../support/how-to.ts";
import { prepareAgreement, startTestPlatform } from "../support/platform.ts";

t.test("the how-to, run as written, runs jobs on the running platform", async (t) => {
  const rig = await startTestPlatform(t);
  const { agreement } = await prepareAgreement(rig);
  const folder = await runHowTo(t, "run-jobs.md", { base: rig.url, token: rig.analyst.token, agreement });
  const text = (name: string) => readFile(join(folder, name), "utf8");
  const json = async (name: string) => JSON.parse(await text(name));
  t.match(await json("explained.json"), { accepted: true, tables: ["person"] });
  const { id } = await json("job.json");
  t.match(await text("events.txt"), /event: state\ndata: .*"state":"done"/);
  t.match(await json("result.json"), { rowCount: 2 });
  t.match(await text("result.csv"), "county,n\r\n");
  t.match(await json("jobs.json"), { items: [{ id, labels: ["月报"], priority: "high" }] });
  t.match(await json("labelled.json"), { labels: ["月报", "2026"] });
  const byReference = await json("by-reference.json");
  t.match(byReference, { query: { id: (await json("saved.json")).id, version: 1 } });
  t.match(await rig.analyst.untilEnded(byReference.id), { state: "done" });
});
