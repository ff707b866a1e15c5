import { readFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { generatedPages, repositoryRoot } from "../../scripts/docs/pages.ts";

for (const page of generatedPages)
  t.test(`${page.path} is what the code says (npm run docs writes it anew)`, async (t) => {
    t.equal(await readFile(join(repositoryRoot, page.path), "utf8"), await page.make());
  });
