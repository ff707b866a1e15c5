import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { eventsByFeature } from "../../scripts/docs/events-page.ts";
import { repositoryRoot } from "../../scripts/docs/pages.ts";

const known = new Set(Object.values(eventsByFeature).flat());
const source = join(repositoryRoot, "src");
const files = (await readdir(source, { recursive: true })).filter((name) => name.endsWith(".ts"));
/** `type: "job.started"` or `const type = "…"`: how every event is written. */
const used = new Map<string, string>();
for (const file of files) {
  const text = await readFile(join(source, file), "utf8");
  for (const [, type] of text.matchAll(/\btype(?::| =) "([a-z-]+\.[a-z-]+)"/g)) if (type !== undefined) used.set(type, file);
}

t.test("every event that is written is one its feature has named", (t) => {
  for (const [type, file] of used) t.ok(known.has(type), `${type} in ${file}`);
  t.ok(used.size > 20);
  t.end();
});

t.test("every named event is written somewhere", (t) => {
  for (const type of known) t.ok(used.has(type), type);
  t.end();
});
