import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { configPage } from "./config-page.ts";
import { errorsPage } from "./errors-page.ts";
import { eventsPage } from "./events-page.ts";

export const repositoryRoot = join(import.meta.dirname, "../..");

export interface Page {
  readonly path: string;
  make(): Promise<string>;
}

/** Every page that is made from the code. */
export const generatedPages: readonly Page[] = [
  { path: "docs/reference/errors.md", make: async () => errorsPage() },
  { path: "docs/reference/events.md", make: async () => eventsPage() },
  {
    path: "docs/reference/config.md",
    make: async () => configPage(JSON.parse(await readFile(join(repositoryRoot, "config/default.json"), "utf8"))),
  },
];
