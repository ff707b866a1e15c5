import { type ChildProcessByStdio, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { createFrameReader, frameHeader } from "./frame.ts";

export type WorkerRole = "compile" | "ingest" | "provision" | "run" | "probe";

/** What a worker of a pool does: it is not up yet, waits for work, or works. */
export type WorkerActivity = "starting" | "idle" | "busy";

/** Why a worker ended: by us (all but "crashed"), or by itself. */
export type WorkerEnd = "timeout" | "memory" | "cancelled" | "closed" | "protocol" | "finished" | "crashed";

export interface WorkerLaunch {
  readonly role: WorkerRole;
  readonly command: string;
  readonly arguments: readonly string[];
  /** Longest frame the worker may send. */
  readonly maxFrameBytes: number;
}

/** What `receive` answers when there will be no frame any more. */
export interface WorkerGone {
  readonly kind: "gone";
  readonly end: WorkerEnd;
}

export interface WorkerMessage {
  readonly kind: "message";
  readonly value: unknown;
}

/** One child process: framed messages over its standard input and output, and nothing else shared. */
export interface Worker {
  readonly role: WorkerRole;
  readonly pid: number;
  /** Settles once the process is gone. */
  readonly ended: Promise<WorkerEnd>;
  send(message: unknown): void;
  /** Sends a piece of a file; settles when the worker takes more. */
  sendData(chunk: Uint8Array): Promise<void>;
  sendEnd(): void;
  receive(): Promise<WorkerMessage | WorkerGone>;
  /** Kills at once; the first reason given is the one reported. */
  kill(reason: Exclude<WorkerEnd, "crashed">): void;
  /** Resident bytes of the process and all below it; 0 once it is gone. */
  residentBytes(): number;
  /** First words of its error output before it was handed anything, for start failures. */
  startupNoise(): string;
  /** Stops listening to its error output: from now on it may hold what nobody may log. */
  silence(): void;
}

const noiseBytes = 4096;
/** A worker that has not said `ready` by then never will: whoever waits for it must not wait for ever. */
const startTimeoutMs = 60_000;

/**
 * Starts a worker with an empty environment, in its own session (a Ctrl-C at the terminal must
 * not kill jobs that the gateway is draining). The caller waits for the role's `ready` message.
 */
export function startWorker(launch: WorkerLaunch): Worker {
  const child: ChildProcessByStdio<Writable, Readable, Readable> = spawn(launch.command, launch.arguments, {
    env: {},
    cwd: "/",
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const reader = createFrameReader(launch.maxFrameBytes);
  const queue: WorkerMessage[] = [];
  let waiting: ((answer: WorkerMessage | WorkerGone) => void) | undefined;
  let reason: WorkerEnd | undefined;
  let gone: WorkerGone | undefined;
  let noise = "";
  let listening = true;

  const kill = (why: WorkerEnd): void => {
    if (gone !== undefined) return;
    reason ??= why;
    // A sandbox killed while it is being set up would leave its child behind, waiting for ever: that
    // child is still in the launcher's group. Later ones are below it and tied to its death.
    if (child.pid !== undefined) for (const inner of [...childrenOf(child.pid).toReversed(), -child.pid]) killQuietly(inner);
    child.kill("SIGKILL");
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
  };
  const late = setTimeout(() => kill("timeout"), startTimeoutMs);
  const deliver = (answer: WorkerMessage | WorkerGone): void => {
    clearTimeout(late);
    const settle = waiting;
    waiting = undefined;
    if (settle !== undefined) settle(answer);
    else if (answer.kind === "message") queue.push(answer);
  };
  child.stdout.on("data", (chunk: Uint8Array) => {
    const frames = reader.push(chunk);
    const messages = frames?.map((frame) => (frame.kind === "json" ? parseJson(frame.payload) : undefined));
    if (messages === undefined || messages.includes(undefined)) return kill("protocol");
    for (const message of messages) if (message !== undefined) deliver(message);
  });
  child.stderr.on("data", (chunk: Uint8Array) => {
    if (listening && noise.length < noiseBytes)
      noise += Buffer.from(chunk)
        .toString()
        .slice(0, noiseBytes - noise.length);
  });
  // A worker that dies closes its pipes; the process's end says what happened.
  child.stdin.on("error", () => undefined);
  child.stdout.on("error", () => undefined);
  child.stderr.on("error", () => undefined);
  const ended = new Promise<WorkerEnd>((resolve) => {
    const finish = (): void => {
      if (gone !== undefined) return;
      gone = { kind: "gone", end: reason ?? "crashed" };
      deliver(gone);
      resolve(gone.end);
    };
    child.on("error", finish);
    child.on("close", finish);
  });

  return {
    role: launch.role,
    pid: child.pid ?? -1,
    ended,
    send(message) {
      const payload = Buffer.from(JSON.stringify(message));
      child.stdin.write(frameHeader("json", payload.length));
      child.stdin.write(payload);
    },
    sendData(chunk) {
      const { stdin } = child;
      stdin.write(frameHeader("data", chunk.length));
      if (stdin.write(chunk) || stdin.destroyed) return Promise.resolve();
      return new Promise((resolve) => {
        const done = (): void => {
          stdin.off("drain", done).off("close", done);
          resolve();
        };
        stdin.on("drain", done).on("close", done);
      });
    },
    sendEnd: () => {
      child.stdin.write(frameHeader("end", 0));
    },
    receive() {
      const next = queue.shift() ?? gone;
      if (next !== undefined) return Promise.resolve(next);
      return new Promise((resolve) => (waiting = resolve));
    },
    kill,
    residentBytes: () => (gone === undefined && child.pid !== undefined ? residentBytesOf(child.pid) : 0),
    startupNoise: () => noise.trim(),
    silence() {
      listening = false;
      noise = "";
    },
  };
}

function parseJson(payload: Uint8Array): WorkerMessage | undefined {
  try {
    return { kind: "message", value: JSON.parse(Buffer.from(payload).toString()) };
  } catch {
    return undefined;
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone already.
  }
}

const pageBytes = 4096;

function readProc(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

/** Process ids below `pid`, nearest first; empty where the kernel does not tell. */
export function childrenOf(pid: number): readonly number[] {
  const children = readProc(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...childrenOf(child)]);
}

function residentBytesOf(pid: number): number {
  let pages = 0;
  for (const id of [pid, ...childrenOf(pid)]) pages += Number(readProc(`/proc/${id}/statm`).split(" ")[1] ?? 0);
  return pages * pageBytes;
}
