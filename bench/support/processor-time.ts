import { partNamed, processorMsOf, treeOf } from "./processes.ts";

/** Short beside the life of a worker; what a process does after the last look at it is missed. */
const everyMs = 25;

interface Seen {
  readonly part: string;
  readonly first: number;
  last: number;
}

/**
 * Adds up the processor time of a process and everything it starts, by part, from now until `stop` (Linux;
 * elsewhere empty). Workers die young and nobody inherits their time, so they are looked at while they live:
 * the sum is a lower bound. Unlike times by the clock it bears company on the machine.
 */
export function watchProcessorTime(root: number): { stop(): Readonly<Record<string, number>> } {
  const seen = new Map<number, Seen>();
  const look = (begin: boolean): void => {
    for (const pid of treeOf(root)) {
      const ms = processorMsOf(pid);
      if (ms === undefined) continue;
      const known = seen.get(pid);
      const part = partNamed(pid, root);
      // A process is "other" between fork and exec, and again once it is dead and not yet buried.
      if (known === undefined || (known.part !== part && part !== "other"))
        seen.set(pid, { part, first: known?.first ?? (begin ? ms : 0), last: ms });
      else known.last = ms;
    }
  };
  look(true);
  const timer = setInterval(look, everyMs, false);
  return {
    stop: () => {
      clearInterval(timer);
      look(false);
      const parts: Record<string, number> = {};
      for (const { part, first, last } of seen.values()) parts[part] = (parts[part] ?? 0) + last - first;
      return process.platform === "linux" ? parts : {};
    },
  };
}

/** By part and altogether, for each of so many jobs, ms. */
export function perJob(parts: Readonly<Record<string, number>>, jobs: number): Readonly<Record<string, number>> {
  const shares = Object.entries(parts).map(([part, ms]) => [part, Math.round((ms / jobs) * 10) / 10] as const);
  const total = Object.values(parts).reduce((sum, ms) => sum + ms, 0);
  return { ...Object.fromEntries(shares), total: Math.round((total / jobs) * 10) / 10 };
}
