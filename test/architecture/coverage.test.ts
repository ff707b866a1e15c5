import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import t, { type Test } from "tap";
import { type ProcessCoverage, untakenPlaces } from "../../scripts/coverage/untaken-places.ts";

const run = promisify(execFile);

const files = {
  "branches.ts": [
    "type 汉字 = { readonly 名: string };",
    'export const pick = (yes: boolean): string => (yes ? "yes" : "no");',
    "export const plus = (list: readonly number[]): number[] => list.map((n) => n + 1);",
    "export function never(): 汉字 {",
    '  return { 名: "never" };',
    "}",
    "",
  ].join("\n"),
  "alone.ts": "export const alone = 1;\n",
  "types.ts": 'import type { X } from "./alone.ts";\n/** Types only. */\nexport interface Y { readonly x: X }\n',
};

/** V8's counts of one statement over the files, taken in a process of its own: taking them sets them back. */
async function countsOf(folder: string, statement: string): Promise<ProcessCoverage> {
  const script = join(folder, "run.ts");
  const lines = [
    'import { Session } from "node:inspector/promises";',
    "const session = new Session();",
    "session.connect();",
    'await session.post("Profiler.enable");',
    'await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });',
    'const b = await import("./branches.ts");',
    statement,
    'console.log(JSON.stringify(await session.post("Profiler.takePreciseCoverage")));',
  ];
  await writeFile(script, lines.join("\n"));
  const { stdout } = await run(process.execPath, [script], { maxBuffer: 64 * 1024 * 1024 });
  return JSON.parse(stdout) as ProcessCoverage;
}

/** The places of the files that no statement takes. */
async function untakenAfter(t: Test, ...statements: readonly string[]): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), "hg-coverage-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const counts: ProcessCoverage[] = [];
  for (const statement of statements) counts.push(await countsOf(folder, statement));
  const sources = Object.entries(files).map(([path, text]) => [pathToFileURL(join(folder, path)).href, { path, text }] as const);
  return untakenPlaces(new Map(sources), counts).map(({ path, line, text }) => `${path}:${line} ${text}`);
}

t.test("a branch, a function within a line, a function and a file that nobody runs are all found", async (t) => {
  t.same(await untakenAfter(t, "b.pick(true); b.plus([]);"), [
    'branches.ts:2 : "no"',
    "branches.ts:3 (n) => n + 1",
    "branches.ts:4 function never(): 汉字 {",
    "alone.ts:1 the file, which no test loads",
  ]);
});

t.test("what one process misses another may take, and a file of types alone is nothing to take", async (t) => {
  const all = ["b.pick(true); b.plus([]);", "b.pick(false); b.plus([1]);", 'b.never(); await import("./alone.ts");'];
  t.same(await untakenAfter(t, ...all), []);
});
