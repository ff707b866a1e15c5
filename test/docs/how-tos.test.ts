import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { repositoryRoot } from "../../scripts/docs/pages.ts";
import { blocksOf } from "../support/how-to-page.ts";

const tests = join(repositoryRoot, "test");
const files = (await readdir(tests, { recursive: true })).filter((name) => name.endsWith(".test.ts"));
const texts = await Promise.all(files.map((name) => readFile(join(tests, name), "utf8")));
/** Named in a test that runs pages: whole, or block by block where the reader's hands are needed in between. */
const executed = new Set(
  texts
    .filter((text) => /\b(runHowTo|blocksOf)\(/.test(text))
    .flatMap((text) => Array.from(text.matchAll(/"([a-z-]+\.md)"/g), ([, page = ""]) => page)),
);
const pages = await readdir(join(repositoryRoot, "docs/how-to"));

t.test("every how-to is run by a test, and has something to run", async (t) => {
  for (const page of pages) {
    t.ok(executed.has(page), `${page}: let a test run it as written, by runHowTo (as test/e2e/how-to.test.ts does)`);
    t.ok(
      (await blocksOf(page)).some(({ language }) => language === "sh"),
      page,
    );
  }
});

t.test("no test runs a how-to that is not there", (t) => {
  for (const page of executed) t.ok(pages.includes(page), page);
  t.end();
});
