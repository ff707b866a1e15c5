import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Bench } from "./support/bench.ts";
import { describeMachine } from "./support/machine.ts";
import { benches } from "./table.ts";

const usage = `Usage: npm run --silent bench -- NAME [--json] [--OPTION NUMBER]…
       npm run --silent bench -- list

Prints the machine, versions, figures and ratios. Figures of two machines, or of a busy one, are not compared.
`;

function listed(): string {
  return benches
    .map(
      ({ name, summary, options }) =>
        `${name}: ${summary}\n  ${Object.entries(options)
          .map(([option, value]) => `--${option} ${value}`)
          .join(" ")}\n`,
    )
    .join("");
}

async function runBench(bench: Bench, values: Readonly<Record<string, unknown>>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "hg-bench-"));
  try {
    // The embedded database runs under an account of its own where this process is root, and must be able to enter.
    await chmod(folder, 0o755);
    const machine = await describeMachine();
    const option = (name: string): number => {
      const value = Number(values[name] ?? bench.options[name]);
      if (!Number.isFinite(value) || value <= 0) throw new Error(`--${name} needs a number above 0`);
      return value;
    };
    const report = await bench.run({ option, folder, note: (text) => process.stderr.write(`… ${text}\n`) });
    if (values["json"] === true) {
      console.log(JSON.stringify({ bench: bench.name, machine, ...report.figures }));
      return;
    }
    console.log(`${machine.system}, ${machine.cores} × ${machine.processor}, ${machine.memoryMiB} MiB, load ${machine.load}`);
    console.log(
      Object.entries(machine.versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(", "),
    );
    for (const line of report.lines) console.log(line);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function main([name, ...rest]: readonly string[]): Promise<number> {
  if (name === "list") {
    process.stdout.write(listed());
    return 0;
  }
  const bench = benches.find((one) => one.name === name);
  if (bench === undefined) {
    process.stderr.write(`${usage}\n${listed()}`);
    return 2;
  }
  const own = Object.fromEntries(Object.keys(bench.options).map((option) => [option, { type: "string" as const }]));
  const { values } = parseArgs({ args: [...rest], options: { ...own, json: { type: "boolean" } } });
  await runBench(bench, values);
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
