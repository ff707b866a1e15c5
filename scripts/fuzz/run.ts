import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createEngine, defaultEngineLimits } from "../../src/engine/index.ts";
import { chanceCases, explosionCases, runCampaign } from "./campaign.ts";

const usage = `Usage: npm run fuzz:compiler -- [--seconds N] [--seed N] [--only-chance] [--show CODE]

Compiles statements that grow, mutated statements and bytes of chance as the gateway does, for N seconds (600) after the
growing ones. Says what became of them, and every statement that broke something. --show names a code whose statements
are printed as they come. Exit: 0 nothing was found · 1 something was · 2 usage.
`;

async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      seconds: { type: "string", default: "600" },
      seed: { type: "string" },
      "only-chance": { type: "boolean" },
      show: { type: "string" },
    },
  });
  const seconds = Number(values.seconds);
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
  if (!(seconds >= 0) || !Number.isSafeInteger(seed)) throw new TypeError("--seconds and --seed are numbers");
  const dataDir = await mkdtemp(join(tmpdir(), "hg-fuzz-"));
  const ends = new Map<string, number>();
  const engine = await createEngine({
    dataDir,
    limits: { ...defaultEngineLimits, compilers: 2, workers: 0 },
    isolation: { allowWeak: true },
    log: { info: () => undefined, warn: ({ end }) => void ends.set(String(end), (ends.get(String(end)) ?? 0) + 1) },
  });
  const show = (one: { readonly sql: string; readonly name: string }, { outcome }: { readonly outcome: string }): void => {
    if (outcome === values.show) console.error(`${one.name}: ${JSON.stringify(one.sql.slice(0, 2000))}`);
  };
  try {
    console.error(`seed ${seed}`);
    const grown = await runCampaign(engine, explosionCases(), () => values["only-chance"] === true, show);
    const until = performance.now() + seconds * 1000;
    const chance = await runCampaign(engine, chanceCases(seed), () => performance.now() > until, show);
    for (const [name, { findings, ...figures }] of Object.entries({ grown, chance })) {
      const [ownMs, wallMs] = [Math.round(figures.ownMs), Math.round(figures.wallMs)];
      console.log(JSON.stringify({ kind: name, seed, ...figures, ownMs, wallMs, findings: findings.length }));
      for (const finding of findings) console.log(JSON.stringify(finding));
    }
    console.log(JSON.stringify({ endedProcesses: Object.fromEntries(ends) }));
    return grown.findings.length + chance.findings.length === 0 ? 0 : 1;
  } finally {
    await engine.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 2;
}
