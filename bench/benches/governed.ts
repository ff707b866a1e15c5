import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { createEngine, defaultEngineLimits, type Engine } from "../../src/engine/index.ts";
import { type GovernedPlan, platformFloor, type ReleaseMode } from "../../src/policy/index.ts";
import { compileStatement } from "../../src/sandbox/index.ts";
import type { Bench, BenchContext } from "../support/bench.ts";
import { governedSchema, openGovernedData } from "../support/governed-data.ts";
import { governedStatements } from "../support/governed-statements.ts";
import { spreadOf, tenths } from "../support/spread.ts";

interface Line {
  readonly sql: string;
  readonly mode: ReleaseMode;
  readonly rawMs: number;
  readonly governedMs: number;
  readonly ratio: number;
  readonly cells: number;
}

async function clocked(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

/** Everything that a job runs: steps, result, evidence. */
async function runPlan(connection: DuckDBConnection, plan: GovernedPlan): Promise<number> {
  for (const step of plan.steps) await connection.run(step.replace("CREATE TEMP TABLE", "CREATE OR REPLACE TEMP TABLE"));
  const { currentRowCount } = await connection.runAndReadAll(plan.resultSql);
  for (const { evidenceSql } of plan.releases) await connection.runAndReadAll(evidenceSql);
  return currentRowCount;
}

const middle = (values: readonly number[]): number => spreadOf(values).p50;

async function compareOne(
  connection: DuckDBConnection,
  sql: string,
  mode: ReleaseMode,
  plan: GovernedPlan,
  rounds: number,
): Promise<Line> {
  const raw: number[] = [];
  const governed: number[] = [];
  let cells = 0;
  // The first round warms both and is left out; the two take turns, so that what else the machine does meets both.
  for (let round = 0; round <= rounds; round++) {
    const bare = await clocked(() => connection.runAndReadAll(sql));
    const own = await clocked(async () => {
      cells = await runPlan(connection, plan);
    });
    if (round > 0) raw.push(bare);
    if (round > 0) governed.push(own);
  }
  const [rawMs, governedMs] = [middle(raw), middle(governed)];
  return { sql, mode, rawMs, governedMs, ratio: governedMs / rawMs, cells };
}

const twoPlaces = (value: number): number => Math.round(value * 100) / 100;

function summary(lines: readonly Line[]): { readonly geomean: number; readonly worst: number } {
  const ratios = lines.filter(({ mode, rawMs }) => mode === "cell-key" && rawMs >= 50).map(({ ratio }) => ratio);
  const geomean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
  return { geomean: twoPlaces(geomean), worst: twoPlaces(Math.max(...ratios)) };
}

async function measure({ compiler }: Engine, context: BenchContext): Promise<readonly [readonly Line[], readonly number[]]> {
  const scale = context.option("scale");
  const path = join(process.env["HANGUANG_BENCH_DATA"] ?? join(tmpdir(), "hanguang-bench"), `governed-${scale}.duckdb`);
  const connection = await openGovernedData(path, scale, context.note);
  const lines: Line[] = [];
  const compileMs: number[] = [];
  for (const mode of ["cell-key", "exact"] as const) {
    for (const sql of governedStatements) {
      const rules = { ...platformFloor, mode };
      let outcome = await compileStatement(compiler, { sql, parameters: {}, schema: governedSchema, rules });
      for (let again = 0; again < 5; again++)
        compileMs.push(
          await clocked(async () => {
            outcome = await compileStatement(compiler, { sql, parameters: {}, schema: governedSchema, rules });
          }),
        );
      if (outcome.kind !== "compiled") throw new Error(`refused: ${sql}: ${JSON.stringify(outcome)}`);
      const line = await compareOne(connection, sql, mode, outcome.plan, context.option("rounds"));
      context.note(`${mode} ${tenths(line.rawMs)} → ${tenths(line.governedMs)} ms, ${twoPlaces(line.ratio)}: ${sql}`);
      lines.push(line);
    }
  }
  return [lines, compileMs];
}

/** Raw and governed queries in turn, on the same warm database with the same threads. */
export const governedBench: Bench = {
  name: "governed",
  summary: "honest statements raw and governed, in turn; compile time",
  options: { scale: 1, rounds: 5 },
  async run(context) {
    const engine = await createEngine({
      dataDir: context.folder,
      limits: { ...defaultEngineLimits, compilers: 1, workers: 0 },
      isolation: { allowWeak: true },
      log: { info: () => undefined, warn: () => undefined },
    });
    try {
      const [lines, compileMs] = await measure(engine, context);
      const compile = spreadOf(compileMs);
      const queries = lines.map((line) => ({
        ...line,
        rawMs: tenths(line.rawMs),
        governedMs: tenths(line.governedMs),
        ratio: twoPlaces(line.ratio),
      }));
      const shown = queries.map(
        ({ sql, mode, rawMs, governedMs, ratio, cells }) =>
          `${mode.padEnd(8)} ${String(rawMs).padStart(8)} ms raw ${String(governedMs).padStart(8)} ms governed ${ratio.toFixed(2).padStart(6)}×${mode === "cell-key" && rawMs >= 50 ? " " : "*"} ${cells} rows  ${sql}`,
      );
      const last = summary(lines);
      return {
        figures: { queries, compileMs: compile, ...last },
        lines: [
          ...shown,
          "* not in the mean: exact, or below 50 ms",
          `compile p50 ${compile.p50} ms, p95 ${compile.p95} ms`,
          JSON.stringify(last),
        ],
      };
    } finally {
      await engine.close();
    }
  },
};
