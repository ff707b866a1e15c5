import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ApiClient } from "../../scripts/demo/api-client.ts";
import { type People, signUp } from "../../scripts/demo/people-of-the-story.ts";
import { timeBare } from "../support/bare.ts";
import type { Bench, BenchContext } from "../support/bench.ts";
import { type PlatformProcess, startPlatformProcess } from "../support/platform-process.ts";
import { measureMemory, type PartMemory, peakOf } from "../support/processes.ts";
import { perJob, watchProcessorTime } from "../support/processor-time.ts";
import { type Spread, spreadOf, tenths } from "../support/spread.ts";
import { databaseOf, prepareWorkload, type Statement, statements, timeJob } from "../support/workload.ts";

/** Aims of the design, over the bare query: with the pool warm and times told exactly, and with coarse times. */
const aims = { exactTimesMs: 60, coarseTimesMs: 120 } as const;

const sleep = (ms: number): Promise<void> => new Promise((resume) => setTimeout(resume, ms));

/** One job a second: each meets a pool that has had time to refill. */
async function oneASecond(people: People, agreement: string, { sql }: Statement, jobs: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let at = 0; at < jobs; at++) {
    const began = performance.now();
    times.push(await timeJob(people.analyst, agreement, sql));
    await sleep(Math.max(0, 1000 - (performance.now() - began)));
  }
  return times;
}

interface Load {
  readonly jobsPerSecond: number;
  readonly latency: Spread;
  /** Of all processes by part, for one job, ms; a lower bound. */
  readonly processorMsPerJob: Readonly<Record<string, number>>;
  readonly memory: Readonly<Record<string, PartMemory>>;
}

/** Clients that submit the next job as soon as they have a result. */
async function manyClients(
  platform: PlatformProcess,
  agreement: string,
  clients: readonly ApiClient[],
  seconds: number,
  sql: string,
): Promise<Load> {
  const times: number[] = [];
  const processor = watchProcessorTime(platform.pid);
  const began = performance.now();
  const ends = began + seconds * 1000;
  let memory = measureMemory(platform.pid);
  const watch = setInterval(() => {
    memory = peakOf(memory, measureMemory(platform.pid));
  }, 1000);
  const client = async (analyst: ApiClient): Promise<void> => {
    while (performance.now() < ends) times.push(await timeJob(analyst, agreement, sql));
  };
  await Promise.all(clients.map(client));
  clearInterval(watch);
  const processorMsPerJob = perJob(processor.stop(), times.length);
  const jobsPerSecond = tenths(times.length / ((performance.now() - began) / 1000));
  return { jobsPerSecond, latency: spreadOf(times), processorMsPerJob, memory };
}

async function enclaveSettings(): Promise<{ readonly threads: number; readonly memoryBytes: number }> {
  const shipped = JSON.parse(await readFile(join(import.meta.dirname, "../../config/default.json"), "utf8"));
  return shipped.enclave;
}

async function measure(platform: PlatformProcess, { option, folder, note }: BenchContext) {
  const people = await signUp(platform);
  note("loading");
  const agreement = await prepareWorkload(people, folder, { people: option("people"), visits: option("visits") });
  note("first job: provisions the database");
  const [small] = statements;
  const firstMs = await timeJob(people.analyst, agreement, small?.sql ?? "");
  const settings = { database: await databaseOf(platform.dataDir), ...(await enclaveSettings()) };
  const results: Record<string, unknown> = {};
  const lines: string[] = [];
  for (const statement of statements) {
    note(`${statement.name}: one job a second`);
    const job = spreadOf(await oneASecond(people, agreement, statement, option("jobs")));
    const bare = await timeBare(settings, statement.sql, option("jobs"));
    const query = spreadOf(bare.queryMs);
    const [overP50, overP95] = [tenths(job.p50 - query.p50), tenths(job.p95 - query.p95)];
    results[statement.name] = {
      sql: statement.sql,
      jobMs: job,
      bare: { startMs: tenths(bare.startMs), openMs: tenths(bare.openMs), firstMs: tenths(bare.queryMs[0] ?? 0), queryMs: query },
      overMs: { p50: overP50, p95: overP95 },
      ratio: tenths(job.p50 / query.p50),
    };
    lines.push(
      `${statement.name}: job p50 ${job.p50} ms, p95 ${job.p95}; bare query p50 ${query.p50} ms (opens in ${tenths(bare.openMs)}, process starts in ${tenths(bare.startMs)})`,
      `  over the bare query: p50 ${overP50} ms, p95 ${overP95} ms (aim ${aims.exactTimesMs}); ratio ${tenths(job.p50 / query.p50)}`,
    );
  }
  const idle = measureMemory(platform.pid);
  note(`${option("clients")} clients`);
  const clients = Array.from({ length: option("clients") }, () => people.analyst);
  const load = await manyClients(platform, agreement, clients, option("seconds"), small?.sql ?? "");
  lines.push(
    `${clients.length} clients, coarse times off: ${load.jobsPerSecond} jobs/s, latency p50 ${load.latency.p50} ms, p95 ${load.latency.p95} ms`,
  );
  lines.push(
    `processor time of a job, all processes (at least): ${Object.entries(load.processorMsPerJob)
      .map(([part, ms]) => `${part} ${ms} ms`)
      .join("; ")}`,
  );
  for (const [name, at] of [
    ["idle", idle],
    ["under load", load.memory],
  ] as const)
    lines.push(
      `memory ${name}: ${Object.entries(at)
        .map(([part, { processes, rssMiB, pssMiB }]) => `${part} ${processes} × , PSS ${pssMiB} MiB, RSS ${rssMiB}`)
        .join("; ")}`,
    );
  return { firstMs: tenths(firstMs), results, load, memory: { idle, underLoad: load.memory }, lines };
}

/** The same on a platform as shipped, where runs are seen to end at coarse times only. */
async function measureCoarse(platform: PlatformProcess, { option, folder, note }: BenchContext) {
  const people = await signUp(platform);
  const agreement = await prepareWorkload(people, folder, { people: option("people"), visits: option("visits") });
  const settings = { database: "", ...(await enclaveSettings()) };
  const results: Record<string, unknown> = {};
  const lines: string[] = [];
  for (const statement of statements) {
    await timeJob(people.analyst, agreement, statement.sql);
    settings.database = await databaseOf(platform.dataDir);
    note(`${statement.name}, coarse times: one job a second`);
    const job = spreadOf(await oneASecond(people, agreement, statement, option("jobs")));
    const query = spreadOf((await timeBare(settings, statement.sql, option("jobs"))).queryMs);
    const overMs = { p50: tenths(job.p50 - query.p50), p95: tenths(job.p95 - query.p95) };
    results[statement.name] = { jobMs: job, bareMs: query, overMs };
    lines.push(
      `${statement.name}, coarse times: p50 ${overMs.p50} ms over the bare query, p95 ${overMs.p95} (aim ${aims.coarseTimesMs})`,
    );
  }
  return { results, lines };
}

/** A platform of its own, stopped when what is measured on it is done. */
async function on<T>(folder: string, over: object, measured: (platform: PlatformProcess) => Promise<T>): Promise<T> {
  const platform = await startPlatformProcess(folder, over);
  try {
    return await measured(platform);
  } finally {
    await platform.stop();
  }
}

export const jobBench: Bench = {
  name: "job",
  summary: "submission to result over HTTP, against the same SQL in a bare DuckDB process; throughput; memory",
  options: { people: 50_000, visits: 250_000, jobs: 30, clients: 8, seconds: 20 },
  run: async (context) => {
    const at = (name: string): string => join(context.folder, name);
    const exact = await on(at("exact"), { jobs: { endStepMs: 0 } }, async (platform) => ({
      isolation: platform.isolation,
      ...(await measure(platform, context)),
    }));
    const coarse = await on(at("coarse"), {}, (platform) => measureCoarse(platform, context));
    return {
      figures: {
        isolation: exact.isolation,
        sizes: { people: context.option("people"), visits: context.option("visits") },
        aims: { overBareMs: aims.exactTimesMs, withCoarseTimesMs: aims.coarseTimesMs },
        firstJobMs: exact.firstMs,
        statements: exact.results,
        coarseTimes: coarse.results,
        clients: {
          n: context.option("clients"),
          jobsPerSecond: exact.load.jobsPerSecond,
          latencyMs: exact.load.latency,
          processorMsPerJob: exact.load.processorMsPerJob,
        },
        memory: exact.memory,
      },
      lines: [
        `isolation: ${exact.isolation}; first job, with provisioning: ${exact.firstMs} ms; coarse times off, unless said otherwise`,
        ...exact.lines,
        ...coarse.lines,
      ],
    };
  },
};
