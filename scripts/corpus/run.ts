import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type CorpusCase, readCases } from "./cases.ts";
import { OptionError, readOptions, usage } from "./options.ts";
import { bootScratchPlatform } from "./platform.ts";
import { openReference } from "./reference/reference.ts";
import type { CorpusFiles } from "./register-case.ts";
import { lineOf, summarise } from "./report.ts";
import { type CaseDeps, type CaseReport, runCase } from "./run-case.ts";
import { corpusTables, fileOf } from "./tables.ts";

/** Loading a family keeps several processes waiting for each other; three cases at a time fill two cores. */
const atOneTime = 3;

async function readFiles(folder: string): Promise<CorpusFiles> {
  const read = corpusTables.map(async (table) => [table.name, await readFile(join(folder, fileOf(table)))] as const);
  return new Map(await Promise.all(read));
}

/** Runs all cases, a few at a time, and tells each as soon as those before it are told. */
async function runAll(
  cases: readonly CorpusCase[],
  deps: CaseDeps,
  tell: (report: CaseReport) => void,
): Promise<readonly CaseReport[]> {
  const reports = new Map<number, CaseReport>();
  let [next, told] = [0, 0];
  const worker = async (): Promise<void> => {
    for (let at = next++; at < cases.length; at = next++) {
      const one = cases[at];
      if (one === undefined) return;
      reports.set(at, await runCase(one, deps));
      for (let report = reports.get(told); report !== undefined; report = reports.get(++told)) tell(report);
    }
  };
  await Promise.all(Array.from({ length: atOneTime }, worker));
  return [...reports].toSorted(([a], [b]) => a - b).map(([, report]) => report);
}

async function main(): Promise<number> {
  const { files, dataDir } = readOptions(process.argv.slice(2));
  const cases = await readCases(files);
  const [reference, contents] = [await openReference(dataDir), await readFiles(dataDir)];
  const platform = await bootScratchPlatform();
  try {
    const deps = { platform, reference, files: contents };
    const reports = await runAll(cases, deps, (report) => console.log(lineOf(report)));
    console.log(JSON.stringify(summarise(reports)));
    return reports.some(({ broken }) => broken) ? 1 : 0;
  } finally {
    await platform.close();
    reference.close();
  }
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const isUsage = error instanceof OptionError;
    process.stderr.write(
      isUsage
        ? `${error.message}\n\n${usage}`
        : `The corpus run broke: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exitCode = isUsage ? 2 : 1;
  },
);
