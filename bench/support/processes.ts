import { readFileSync } from "node:fs";

/** Memory of all processes of one part of the platform. */
export interface PartMemory {
  readonly processes: number;
  /** Resident: what is shared is counted in each. */
  readonly rssMiB: number;
  /** Proportional: what is shared is divided among those that share it. */
  readonly pssMiB: number;
}

interface Process {
  readonly pid: number;
  readonly command: string;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // The process ended meanwhile, or belongs to another account.
    return "";
  }
}

/** A process and all below it; only itself where the kernel does not list children. */
export function treeOf(root: number): readonly number[] {
  const below = read(`/proc/${root}/task/${root}/children`).split(" ").filter(Boolean).map(Number);
  return [root, ...below.flatMap(treeOf)];
}

const processOf = (pid: number): Process => ({ pid, command: read(`/proc/${pid}/cmdline`).replaceAll("\0", " ") });

/** Processor time of a process itself since it began, ms, to a tick of the kernel's (10 ms); undefined once it is gone. */
export function processorMsOf(pid: number): number | undefined {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === "") return undefined;
  // The name in parentheses may hold spaces and parentheses; the state is the third field.
  const rest = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(rest[11]) + Number(rest[12])) * 10;
}

/** Which part of the platform a process belongs to. */
export const partNamed = (pid: number, root: number): string => partOf(processOf(pid), root);

function partOf({ pid, command }: Process, root: number): string {
  if (pid === root) return "gateway";
  if (/duckdb-compile/.test(command)) return "compilers";
  if (/duckdb-run/.test(command)) return "workers";
  if (/duckdb-(ingest|provision)/.test(command)) return "loaders";
  if (/postgres/.test(command)) return "postgres";
  return "other";
}

const kibibytes = (text: string, name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0);

/** Memory of a process and everything it started, by part (Linux; elsewhere empty). */
export function measureMemory(root: number): Readonly<Record<string, PartMemory>> {
  if (process.platform !== "linux") return {};
  const parts = new Map<string, { processes: number; rss: number; pss: number }>();
  for (const one of treeOf(root).map(processOf)) {
    const rollup = read(`/proc/${one.pid}/smaps_rollup`);
    const rss = kibibytes(rollup, "Rss") || kibibytes(read(`/proc/${one.pid}/status`), "VmRSS");
    const name = partOf(one, root);
    const part = parts.get(name) ?? { processes: 0, rss: 0, pss: 0 };
    parts.set(name, { processes: part.processes + 1, rss: part.rss + rss, pss: part.pss + (kibibytes(rollup, "Pss") || rss) });
  }
  const mebibytes = (value: number): number => Math.round(value / 1024);
  return Object.fromEntries(
    [...parts].map(([name, { processes, rss, pss }]) => [name, { processes, rssMiB: mebibytes(rss), pssMiB: mebibytes(pss) }]),
  );
}

/** The larger of each part, by proportional memory. */
export function peakOf(
  left: Readonly<Record<string, PartMemory>>,
  right: Readonly<Record<string, PartMemory>>,
): Readonly<Record<string, PartMemory>> {
  const peak: Record<string, PartMemory> = { ...left };
  for (const [name, part] of Object.entries(right)) if ((peak[name]?.pssMiB ?? -1) < part.pssMiB) peak[name] = part;
  return peak;
}
