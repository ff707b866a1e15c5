import { readFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { runHowTo } from "../support/how-to.ts";

t.test("an agreement is checked without a platform", async (t) => {
  const folder = await runHowTo(t, "check-an-agreement.md");
  const never = (await readFile(join(folder, "never.ndjson"), "utf8")).trim().split("\n");
  t.match(never, [/"status":"refused"/]);
  t.match(await readFile(join(folder, "honest.ndjson"), "utf8"), /^\{"file":"honest\.sql","status":"governed"[^\n]*\n$/);
});
