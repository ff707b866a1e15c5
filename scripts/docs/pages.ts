import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { uploadTransitions } from "../../src/catalog/index.ts";
import { exportTransitions } from "../../src/export-gate/index.ts";
import { agreementTransitions } from "../../src/governance/index.ts";
import { jobTransitions } from "../../src/sandbox/index.ts";
import { configPage } from "./config-page.ts";
import { errorsPage } from "./errors-page.ts";
import { eventsPage } from "./events-page.ts";
import { refusalsPage } from "./refusals-page.ts";
import { statesPage } from "./states-page.ts";

export const repositoryRoot = join(import.meta.dirname, "../..");

export interface Page {
  readonly path: string;
  make(): Promise<string>;
}

/** Every page that is made from the code. */
export const generatedPages: readonly Page[] = [
  { path: "docs/reference/errors.md", make: async () => errorsPage() },
  { path: "docs/reference/refusals.md", make: async () => refusalsPage() },
  { path: "docs/reference/events.md", make: async () => eventsPage() },
  {
    path: "docs/reference/config.md",
    make: async () => configPage(JSON.parse(await readFile(join(repositoryRoot, "config/default.json"), "utf8"))),
  },
  {
    path: "docs/reference/agreement-states.md",
    make: async () =>
      statesPage({
        title: "States of an agreement (授权运营协议)",
        source: "src/governance/agreement-states.ts",
        about: "An agreement is in force only while its state says so and its term (half-open, Asia/Shanghai) holds.",
        transitions: agreementTransitions,
      }),
  },
  {
    path: "docs/reference/upload-states.md",
    make: async () =>
      statesPage({
        title: "States of a resumable upload",
        source: "src/catalog/upload-states.ts",
        about: "Only an open upload takes bytes; when it ends, its key is forgotten and its bytes are removed.",
        transitions: uploadTransitions,
      }),
  },
  {
    path: "docs/reference/job-states.md",
    make: async () =>
      statesPage({
        title: "States of a job (作业)",
        source: "src/sandbox/job-states.ts",
        about: "A job that a stopped machine left behind becomes `interrupted`; it is never run again silently.",
        transitions: jobTransitions,
      }),
  },
  {
    path: "docs/reference/export-states.md",
    make: async () =>
      statesPage({
        title: "States of an export (导出)",
        source: "src/export-gate/export-states.ts",
        about:
          "An export begins in `in-review` or, if a check of the machine says so, in `blocked`, which is final for that content.",
        transitions: exportTransitions,
      }),
  },
];
