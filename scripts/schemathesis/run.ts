import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bootScratchPlatform } from "../corpus/platform.ts";
import { type Caller, signInCallers } from "./callers.ts";
import { findSchemathesis } from "./environment.ts";
import { type Figures, figuresOf } from "./figures.ts";

/** What every answer is held to. */
const checks = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_headers_conformance",
  "response_schema_conformance",
  "unsupported_method",
  "allow_header_conformance",
];

/** Ends the very session it is tried with: whatever came after it would be 401. */
const left = "postAuthLogout";

const { values } = parseArgs({ options: { seed: { type: "string" }, seconds: { type: "string", default: "120" } } });
const seed = Number(values.seed ?? randomInt(1_000_000_000));
/** For each of the three callers. */
const seconds = Number(values.seconds);

async function tryDocument(tool: string, url: string, caller: Caller, folder: string): Promise<Figures> {
  const report = join(folder, `${caller.name}.json`);
  const how = ["--phases", "coverage,fuzzing", "--checks", checks.join(","), "--exclude-operation-id", left, "--warnings", "off"];
  const bounds = ["--seed", String(seed), "--max-time", String(seconds), "--workers", "2", "--generation-database", "none"];
  const reports = ["--report", "json", "--report-json-path", report, "--continue-on-failure"];
  const authorization = ["--header", `Authorization: Bearer ${caller.bearer}`];
  const child = spawn(tool, ["--no-color", "run", `${url}/openapi.json`, ...how, ...bounds, ...reports, ...authorization], {
    cwd: folder,
    stdio: ["ignore", "inherit", "inherit"],
    env: {
      PATH: process.env["PATH"],
      HOME: folder,
      PYTHONPATH: import.meta.dirname,
      SCHEMATHESIS_HOOKS: "hooks",
      PYTHONDONTWRITEBYTECODE: "1",
    },
  });
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => resolve());
  });
  return figuresOf(caller.name, await readFile(report, "utf8"));
}

/** Boots a platform, tries its whole document in three names, and prints the figures as JSON lines. Gives the exit code. */
async function main(): Promise<number> {
  const tool = await findSchemathesis();
  const folder = await mkdtemp(join(tmpdir(), "hg-schemathesis-"));
  const platform = await bootScratchPlatform();
  const all: Figures[] = [];
  try {
    console.log(`seed ${seed}, ${seconds} s for each caller`);
    for (const caller of await signInCallers(platform.people))
      all.push(await tryDocument(tool, platform.people.analyst.base, caller, folder));
  } finally {
    await platform.close();
    await rm(folder, { recursive: true, force: true });
  }
  for (const figures of all) console.log(JSON.stringify(figures));
  return all.every(({ failures, sound }) => sound && failures.length === 0) ? 0 : 1;
}

process.exitCode = await main();
