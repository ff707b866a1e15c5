import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import t, { type Test } from "tap";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");

interface Report {
  readonly summary: {
    readonly totalCruised: number;
    readonly violations: readonly { readonly from: string; readonly to: string; readonly rule: { readonly name: string } }[];
  };
}

async function cruise(folder: string): Promise<Report["summary"]> {
  const binary = join(root, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
  const answer = await run(process.execPath, [binary, "src", "--output-type", "json", "--config", ".dependency-cruiser.cjs"], {
    cwd: folder,
    maxBuffer: 64 * 1024 * 1024,
  }).catch((error: { readonly stdout?: string }) => ({ stdout: error.stdout ?? "" }));
  return (JSON.parse(answer.stdout) as Report).summary;
}

/** A copy of the tree's sources, in which a violation can be planted. */
async function copyOfTree(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "hg-imports-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, "src"));
  for (const name of await readdir(join(root, "src")))
    await cp(join(root, "src", name), join(folder, "src", name), { recursive: true });
  for (const name of [".dependency-cruiser.cjs", "tsconfig.json", "package.json"]) await cp(join(root, name), join(folder, name));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  return folder;
}

t.test("the sources keep the import rule, and the checker really read them", async (t) => {
  const summary = await cruise(root);
  t.ok(summary.totalCruised > 100, `${summary.totalCruised} modules read`);
  t.strictSame(
    summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} → ${to}`),
    [],
  );
});

const canaries: readonly { readonly claim: string; readonly file: string; readonly text: string; readonly rule: string }[] = [
  {
    claim: "a folder that imports downwards",
    file: "src/kernel/canary.ts",
    text: 'import "../policy/index.ts";',
    rule: "kernel-imports-upwards-only",
  },
  {
    claim: "a type that is imported downwards",
    file: "src/kernel/canary.ts",
    text: 'import type { Store } from "../store/index.ts"; export type X = Store;',
    rule: "kernel-imports-upwards-only",
  },
  {
    claim: "a folder entered past its index",
    file: "src/audit/canary.ts",
    text: 'import "../store/tables.ts";',
    rule: "enter-by-the-index",
  },
  {
    claim: "a folder nobody listed",
    file: "src/helpers/canary.ts",
    text: 'import "../kernel/index.ts";',
    rule: "no-unlisted-folder",
  },
  { claim: "files read outside their home", file: "src/policy/canary.ts", text: 'import "node:fs";', rule: "home-of-files" },
  {
    claim: "a process started outside its home",
    file: "src/gateway/canary.ts",
    text: 'import "node:child_process";',
    rule: "home-of-processes",
  },
  {
    claim: "DuckDB outside the engine",
    file: "src/sandbox/canary.ts",
    text: 'import "@duckdb/node-api";',
    rule: "home-of-duckdb",
  },
  { claim: "Casbin outside its adapter", file: "src/gateway/canary.ts", text: 'import "casbin";', rule: "home-of-casbin" },
  { claim: "a package in the kernel", file: "src/kernel/canary.ts", text: 'import "pino";', rule: "kernel-needs-no-packages" },
  {
    claim: "a root imported from below",
    file: "src/gateway/canary.ts",
    text: 'import "../main.ts";',
    rule: "nothing-imports-roots",
  },
];

t.test("the checker finds everything that is planted, and blames nothing else", async (t) => {
  const folder = await copyOfTree(t);
  // Each in a file of its own, all read in one go: reading the whole tree takes seconds.
  const planted = canaries.map((canary, at) => ({ ...canary, file: canary.file.replace("canary.ts", `canary-${at}.ts`) }));
  for (const { file, text } of planted) {
    await mkdir(join(folder, file, ".."), { recursive: true });
    await writeFile(join(folder, file), `${text}\n`);
  }
  const { violations } = await cruise(folder);
  for (const { claim, file, rule } of planted)
    t.ok(
      violations.some((violation) => violation.rule.name === rule && violation.from === file),
      claim,
    );
  t.strictSame(
    violations.filter(({ from }) => !planted.some(({ file }) => file === from)),
    [],
  );
});
