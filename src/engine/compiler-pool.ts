import type { EngineLog } from "./log.ts";
import type { Worker, WorkerActivity } from "./process-worker.ts";

/** One request's hold on a compiler process. */
export interface Lease {
  readonly worker: Worker;
  /** The next message, or undefined where the process died or outstayed the time (it is killed). */
  receive(timeoutMs: number): Promise<unknown>;
  release(): void;
}

export interface CompilerPool {
  /** Waits for a free compiler; undefined where too many wait already, or the pool is closed. */
  take(): Promise<Lease | undefined>;
  workers(): readonly { readonly worker: Worker; readonly state: WorkerActivity }[];
  close(): Promise<void>;
}

interface Member {
  readonly worker: Worker;
  served: number;
  state: WorkerActivity;
  doomed: boolean;
}

const sampleMs = 100;
/** A process that dies young is started again after this, doubled each time, so that a broken machine is not spun. */
const firstPauseMs = 50;
const longestPauseMs = 5000;

/**
 * Keeps `size` compiler processes ready. Each serves a bounded number of statements and is then
 * replaced, so that what one text may have done to a process does not last; one that dies or is
 * killed costs the statement it served, nothing more.
 */
export function createCompilerPool(deps: {
  readonly start: () => Worker;
  readonly size: number;
  readonly requests: number;
  readonly memoryBytes: number;
  readonly queue: number;
  readonly log: EngineLog;
}): CompilerPool {
  const members = new Set<Member>();
  const idle: Member[] = [];
  const waiting: ((lease: Lease | undefined) => void)[] = [];
  const pauses = new Set<NodeJS.Timeout>();
  let closed = false;
  let pauseMs = firstPauseMs;

  const watch = setInterval(() => {
    for (const member of members) if (member.worker.residentBytes() > deps.memoryBytes) member.worker.kill("memory");
  }, sampleMs);
  watch.unref();

  function offer(member: Member): void {
    if (member.doomed) return;
    const next = waiting.shift();
    if (next === undefined) idle.push(member);
    else next(leaseOf(member));
  }

  function leaseOf(member: Member): Lease {
    member.state = "busy";
    member.served++;
    let whole = true;
    let released = false;
    return {
      worker: member.worker,
      async receive(timeoutMs) {
        const late = setTimeout(() => member.worker.kill("timeout"), timeoutMs);
        const answer = await member.worker.receive();
        clearTimeout(late);
        if (answer.kind === "message") return answer.value;
        whole = false;
        return undefined;
      },
      release() {
        if (released) return;
        released = true;
        member.state = "idle";
        if (!whole) return;
        if (member.served >= deps.requests) member.worker.kill("finished");
        else offer(member);
      },
    };
  }

  async function live(): Promise<void> {
    const worker = deps.start();
    const member: Member = { worker, served: 0, state: "starting", doomed: false };
    members.add(member);
    const ready = await worker.receive();
    if (ready.kind === "message") {
      pauseMs = firstPauseMs;
      worker.silence();
      member.state = "idle";
      offer(member);
    }
    const end = await worker.ended;
    member.doomed = true;
    members.delete(member);
    const place = idle.indexOf(member);
    if (place !== -1) idle.splice(place, 1);
    if (closed) return;
    if (end !== "finished")
      deps.log.warn({ role: "compile", end, pid: worker.pid, noise: worker.startupNoise() }, "compiler process ended");
    if (ready.kind === "message") keepAlive();
    else later();
  }

  function later(): void {
    const pause = setTimeout(() => {
      pauses.delete(pause);
      keepAlive();
    }, pauseMs);
    pauses.add(pause);
    pauseMs = Math.min(2 * pauseMs, longestPauseMs);
  }

  function keepAlive(): void {
    if (closed) return;
    live().catch((error: unknown) => {
      deps.log.warn({ error: error instanceof Error ? error.name : "unknown" }, "compiler process could not be started");
      if (!closed) later();
    });
  }

  for (let count = 0; count < deps.size; count++) keepAlive();

  return {
    take() {
      if (closed) return Promise.resolve(undefined);
      const member = idle.shift();
      if (member !== undefined) return Promise.resolve(leaseOf(member));
      if (waiting.length >= deps.queue) return Promise.resolve(undefined);
      return new Promise((resolve) => waiting.push(resolve));
    },
    workers: () => [...members],
    async close() {
      closed = true;
      clearInterval(watch);
      for (const pause of pauses) clearTimeout(pause);
      for (const next of waiting.splice(0)) next(undefined);
      const ends = [...members].map((member) => {
        member.worker.kill("closed");
        return member.worker.ended;
      });
      await Promise.all(ends);
    },
  };
}
