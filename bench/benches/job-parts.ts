import { chmod, readFile } from "node:fs/promises";
import { join } from "node:path";
import { signUp } from "../../scripts/demo/people-of-the-story.ts";
import { noLimits } from "../../scripts/no-limits.ts";
import { type Platform, startPlatform } from "../../src/cli/start-platform.ts";
import { loadConfig } from "../../src/kernel/index.ts";
import type { Bench, BenchContext } from "../support/bench.ts";
import { spreadOf, tenths } from "../support/spread.ts";
import { prepareWorkload, statements } from "../support/workload.ts";

/** When a job passed the places that can be seen from outside the parts, milliseconds since the epoch. */
interface Marks {
  [place: string]: number;
}

const now = (): number => performance.timeOrigin + performance.now();

type Method = (...input: never[]) => unknown;

/** Notes when a call of the engine begins and ends; the platform runs as it is. */
function observe<T extends Record<K, Method>, K extends keyof T & string>(
  target: T,
  method: K,
  marks: () => Marks,
  ended: (out: unknown) => Promise<unknown>,
): void {
  const original = target[method].bind(target) as (...input: unknown[]) => unknown;
  const observed = (...input: unknown[]): unknown => {
    const own = marks();
    own[`${method} begins`] = now();
    const out = original(...input);
    ended(out)
      .finally(() => {
        own[`${method} ends`] = now();
      })
      .catch(() => undefined);
    return out;
  };
  Object.assign(target, { [method]: observed });
}

/** The stretches between two marks, in the order of a job's way. */
const stretches: readonly (readonly [name: string, from: string, to: string])[] = [
  ["submit: HTTP until 202", "submitted", "accepted"],
  ["from 202 until claimed", "accepted", "claimed"],
  ["from claimed until compiled: agreement, database, text", "claimed", "parse begins"],
  ["compiler: parse and bind", "parse begins", "parse ends"],
  ["policy: govern and write anew", "parse ends", "check begins"],
  ["compiler: read back", "check begins", "check ends"],
  ["seal", "check ends", "run begins"],
  ["enclave: run", "run begins", "run ends"],
  ["check, seal and write the result", "run ends", "finished"],
  ["until a polling client sees it", "finished", "seen"],
  ["fetch the result", "seen", "fetched"],
];

async function timeParts(platform: Platform, context: BenchContext): Promise<readonly (readonly [string, readonly number[]])[]> {
  const people = await signUp(platform);
  const agreement = await prepareWorkload(people, context.folder, {
    people: context.option("people"),
    visits: context.option("visits"),
  });
  let marks: Marks = {};
  const settled = (out: unknown): Promise<unknown> => Promise.resolve(out);
  observe(platform.engine.compiler, "parse", () => marks, settled);
  observe(platform.engine.compiler, "check", () => marks, settled);
  observe(
    platform.engine,
    "run",
    () => marks,
    (handle) => (handle as { readonly done: Promise<unknown> }).done,
  );
  const all: Marks[] = [];
  const sql = statements[0]?.sql ?? "";
  // The first provisions the database and is left out.
  for (let at = 0; at <= context.option("jobs"); at++) {
    const submitted = now();
    marks = { submitted };
    const job = String((await people.analyst.post(`/v1/agreements/${agreement}/jobs`, { sql }))["id"]);
    marks["accepted"] = now();
    for (;;) {
      const { state } = await people.analyst.get(`/v1/jobs/${job}`);
      if (state === "done") break;
      if (state !== "queued" && state !== "running") throw new Error(`the job ended as ${String(state)}`);
      await new Promise((resume) => setTimeout(resume, 2));
    }
    marks["seen"] = now();
    await people.analyst.get(`/v1/jobs/${job}/result`);
    marks["fetched"] = now();
    const row = await platform.store.db
      .selectFrom("job")
      .select(["started_at", "finished_at"])
      .where("id", "=", job)
      .executeTakeFirstOrThrow();
    marks["claimed"] = row.started_at?.getTime() ?? Number.NaN;
    marks["finished"] = row.finished_at?.getTime() ?? Number.NaN;
    if (at > 0) all.push(marks);
    await new Promise((resume) => setTimeout(resume, Math.max(0, 1000 - (now() - submitted))));
  }
  return stretches.map(([name, from, to]) => [name, all.map((one) => (one[to] ?? Number.NaN) - (one[from] ?? Number.NaN))]);
}

export const jobPartsBench: Bench = {
  name: "job-parts",
  summary: "where a small job's time goes, stretch by stretch, one job a second (the platform runs inside the bench)",
  options: { people: 20_000, visits: 50_000, jobs: 20 },
  run: async (context) => {
    await chmod(context.folder, 0o755);
    const shipped = JSON.parse(await readFile(join(import.meta.dirname, "../../config/default.json"), "utf8"));
    const config = loadConfig(
      [
        shipped,
        {
          server: { port: 0 },
          log: { level: "silent" },
          limits: noLimits,
          enclave: { allowWeakIsolation: true },
          jobs: { endStepMs: 0 },
        },
      ],
      {},
    );
    const platform = await startPlatform({
      dataDir: join(context.folder, "data"),
      keyFile: join(context.folder, "root.key"),
      config,
    });
    try {
      const parts = await timeParts(platform, context);
      const figures = Object.fromEntries(parts.map(([name, times]) => [name, spreadOf(times)]));
      const total = tenths(Object.values(figures).reduce((sum, { p50 }) => sum + p50, 0));
      return {
        figures: { isolation: platform.engine.isolation.level, partsMs: figures, sumOfMediansMs: total },
        lines: [
          ...Object.entries(figures).map(([name, { p50, p95 }]) => `${String(p50).padStart(8)} ms  (p95 ${p95})  ${name}`),
          `${String(total).padStart(8)} ms  sum of the medians`,
        ],
      };
    } finally {
      await platform.close();
    }
  },
};
