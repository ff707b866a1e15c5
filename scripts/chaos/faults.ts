import { readFileSync } from "node:fs";
import { rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { childrenOf } from "../../src/engine/process-worker.ts";
import type { Chance } from "./chance.ts";
import type { Database } from "./database.ts";
import type { Berth } from "./fleet.ts";

export interface World {
  readonly chance: Chance;
  readonly database: Database;
  readonly berths: readonly [Berth, ...Berth[]];
  readonly dataDir: string;
  /** Whether the data folder is a small file system of its own, which may be filled. */
  readonly isSmall: boolean;
}

/** Something that befalls the platform; over when it returns, though what it broke may still be mending. */
export interface Fault {
  readonly name: string;
  strike(world: World): Promise<void>;
}

/** A process may have ended meanwhile. */
function signal(pid: number | undefined, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(pid, name);
  } catch {
    // Gone.
  }
}

async function freeze(pid: number | undefined, ms: number): Promise<void> {
  signal(pid, "SIGSTOP");
  await pause(ms);
  signal(pid, "SIGCONT");
}

const runs = (pid: number, role: string): boolean => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(role);
  } catch {
    return false;
  }
};

/** A process of the engine, of whatever gateway. */
function worker({ chance, berths }: World): number | undefined {
  const pids = berths.flatMap((berth) => childrenOf(berth.pid() ?? 0)).filter((pid) => runs(pid, "engine/roles"));
  const [first, ...rest] = pids;
  return first === undefined ? undefined : chance.pick([first, ...rest]);
}

/** Takes all free space of the small file system but `leave` bytes, for a while. */
async function fill({ dataDir, chance }: World, leave: number): Promise<void> {
  const { bavail, bsize } = await statfs(dataDir);
  const ballast = join(dataDir, "ballast");
  await writeFile(ballast, Buffer.alloc(Math.max(0, bavail * bsize - leave))).catch(() => undefined);
  await pause(chance.between(1000, 4000));
  await rm(ballast, { force: true });
}

const gatewayFaults: readonly Fault[] = [
  { name: "gateway killed", strike: async ({ chance, berths }) => signal(chance.pick(berths).pid(), "SIGKILL") },
  { name: "gateway told to stop", strike: async ({ chance, berths }) => signal(chance.pick(berths).pid(), "SIGTERM") },
  {
    name: "gateway paused for a moment",
    strike: ({ chance, berths }) => freeze(chance.pick(berths).pid(), chance.between(100, 3000)),
  },
  {
    name: "gateway paused until others declare it lost",
    strike: ({ chance, berths }) => freeze(chance.pick(berths).pid(), chance.between(6000, 9000)),
  },
];
const workerFaults: readonly Fault[] = [
  { name: "worker killed", strike: async (world) => signal(worker(world), "SIGKILL") },
  { name: "worker paused", strike: (world) => freeze(worker(world), world.chance.between(100, 3000)) },
];
const databaseFaults: readonly Fault[] = [
  { name: "PostgreSQL killed", strike: async ({ database }) => signal(database.pid(), "SIGKILL") },
  {
    name: "a PostgreSQL session killed",
    strike: async ({ chance, database }) => {
      const [first, ...rest] = childrenOf(database.pid() ?? 0);
      if (first !== undefined) signal(chance.pick([first, ...rest]), "SIGKILL");
    },
  },
  {
    name: "PostgreSQL paused",
    strike: async ({ chance, database }) => {
      const pids = [database.pid() ?? 0, ...childrenOf(database.pid() ?? 0)].filter((pid) => pid > 0);
      const ms = chance.between(500, 4000);
      await Promise.all(pids.map((pid) => freeze(pid, ms)));
    },
  },
];
const diskFaults: readonly Fault[] = [
  { name: "disk full", strike: (world) => fill(world, 0) },
  { name: "disk low", strike: (world) => fill(world, 40 * 1024 * 1024) },
];

export function faultsOf({ isSmall }: Pick<World, "isSmall">): readonly [Fault, ...Fault[]] {
  const all = [...gatewayFaults, ...workerFaults, ...databaseFaults, ...(isSmall ? diskFaults : [])];
  const [first, ...rest] = all;
  if (first === undefined) throw new TypeError("there are no faults");
  return [first, ...rest];
}
