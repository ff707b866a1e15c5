import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generatedPages, repositoryRoot } from "./pages.ts";

for (const page of generatedPages) {
  await writeFile(join(repositoryRoot, page.path), await page.make());
  console.log(page.path);
}
