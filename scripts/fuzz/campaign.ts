import type { Engine } from "../../src/engine/index.ts";
import { createSeededRandom, type SeededRandom } from "../demo/random.ts";
import { explosions } from "./explosions.ts";
import { kindredStatement, mutatedStatement, randomBytes } from "./mutate.ts";
import { type Tried, tryStatement } from "./try-statement.ts";
import { watchMemory } from "./watch.ts";

/** One statement to try, and what to call it in a report. */
export interface FuzzCase {
  readonly name: string;
  readonly sql: string;
}

/** What no statement may bring about, and which one did. */
export interface Finding {
  readonly case: FuzzCase;
  readonly what: string;
}

export interface FuzzFigures {
  readonly cases: number;
  /** By what became of them. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** The most that one statement took of the gateway's own thread, and until its answer, milliseconds. */
  readonly ownMs: number;
  readonly wallMs: number;
  /** Of one compiler process, bytes. */
  readonly memoryBytes: number;
  readonly findings: readonly Finding[];
}

/** Bounds of issue 4: no hang over two seconds, no compiler process over 512 MiB. */
const mostOwnMs = 2000;
const mostMemoryBytes = 512 * 1024 * 1024;
/** Parse, firewall, description and check, each with a bound of its own, and a machine that is busy with others. */
const mostWallMs = 20_000;

/** Every form that grows, at each of its sizes. */
export function* explosionCases(sizes: (all: readonly number[]) => readonly number[] = (all) => all): Generator<FuzzCase> {
  for (const { name, sizes: all, make } of explosions) for (const n of sizes(all)) yield { name: `${name}, ${n}`, sql: make(n) };
}

/** Of ten: six that mostly parse, three that mostly do not, one of bytes. */
const makers: readonly ((random: SeededRandom) => string)[] = [
  ...Array.from({ length: 6 }, () => kindredStatement),
  ...Array.from({ length: 3 }, () => mutatedStatement),
  randomBytes,
];

/** Mutated statements and bytes of chance, without end. */
export function* chanceCases(seed: number): Generator<FuzzCase> {
  for (let at = 0; ; at++) {
    const random = createSeededRandom(String(seed), `statement ${at}`);
    yield { name: `seed ${seed}, statement ${at}`, sql: random.pick(makers)(random) };
  }
}

function faultOf(tried: Tried, memoryBytes: number): string | undefined {
  if (tried.broken !== undefined) return `an exception: ${tried.broken}`;
  if (tried.ownMs > mostOwnMs) return `${Math.round(tried.ownMs)} ms of the gateway's thread`;
  if (tried.wallMs > mostWallMs) return `no answer for ${Math.round(tried.wallMs)} ms`;
  if (memoryBytes > mostMemoryBytes) return `${Math.round(memoryBytes / 2 ** 20)} MiB in a compiler process`;
  return undefined;
}

/** Tries the cases one after another until they end or `enough` says so. After each that ended a process, an honest one must be served. */
export async function runCampaign(
  engine: Engine,
  cases: Iterable<FuzzCase>,
  enough: () => boolean,
  note: (one: FuzzCase, tried: Tried) => void = () => undefined,
): Promise<FuzzFigures> {
  const memory = watchMemory(engine);
  const outcomes = new Map<string, number>();
  const findings: Finding[] = [];
  let [count, ownMs, wallMs, memoryBytes] = [0, 0, 0, 0];
  const pids = () =>
    engine
      .workers()
      .flatMap(({ role, pid }) => (role === "compile" ? [pid] : []))
      .join();
  let before = pids();
  for (const one of cases) {
    if (enough()) break;
    const tried = await tryStatement(engine, one.sql);
    const bytes = memory.greatest();
    note(one, tried);
    count++;
    outcomes.set(tried.outcome, (outcomes.get(tried.outcome) ?? 0) + 1);
    ownMs = Math.max(ownMs, tried.ownMs);
    wallMs = Math.max(wallMs, tried.wallMs);
    memoryBytes = Math.max(memoryBytes, bytes);
    const fault = faultOf(tried, bytes);
    if (fault !== undefined) findings.push({ case: one, what: fault });
    if (pids() === before) continue;
    const honest = await tryStatement(engine, "SELECT district, avg(income) FROM person GROUP BY district");
    if (honest.outcome !== "governed") findings.push({ case: one, what: `an honest statement after it is ${honest.outcome}` });
    before = pids();
  }
  memory.stop();
  return {
    cases: count,
    outcomes: Object.fromEntries([...outcomes].sort(([a], [b]) => (a < b ? -1 : 1))),
    ownMs,
    wallMs,
    memoryBytes,
    findings,
  };
}
