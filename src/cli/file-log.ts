import { fchmodSync, writeSync } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import type { Clock, Config } from "../kernel/index.ts";
import { LogError } from "./log-error.ts";

/** Where log lines go when they go to a file. `write` never throws and never waits. */
export interface LogFile {
  write(line: string): void;
  /** One attempt, for a process that ends at once. */
  flushSync(): void;
  /** The file was moved away by somebody else: goes on in a new one of its name. */
  reopen(): void;
  /** Writes what waits, within two seconds, and closes. */
  close(): Promise<void>;
}

/** Lines that wait for a disk; what comes beyond is lost, and counted. */
const mostWaitingBytes = 8 * 1024 * 1024;
const chunkBytes = 64 * 1024;
/** A disk that took nothing is tried again after this. */
const retryMs = 1000;
const closeWithinMs = 2000;

async function openLog(path: string): Promise<{ readonly file: FileHandle; readonly bytes: number; readonly since: number }> {
  const file = await open(path, "a", 0o600);
  // One that was there before may have been made with other rights.
  fchmodSync(file.fd, 0o600);
  const { size, birthtimeMs } = await file.stat();
  return { file, bytes: size, since: birthtimeMs };
}

/**
 * A log file that turns itself over by size and by age. Lines are written whole and in order; a disk
 * that is full stops neither the gateway nor its end: lines wait, then are dropped, and the log says
 * how many. (The library that the logger brings for files waits for ever on a full disk as the
 * process ends, and those that turn files over rest on it.)
 */
export async function openLogFile(deps: {
  readonly settings: Omit<Config["log"], "level">;
  readonly clock: Clock;
}): Promise<LogFile> {
  const { file: path, rotateBytes, rotateMs, keepFiles } = deps.settings;
  let current = await openLog(path).catch((cause: unknown) => {
    throw new LogError("LOG_FILE_UNUSABLE", `${path} cannot be written. Name another file in log.file, or make its folder.`, {
      cause,
    });
  });
  let bytes = current.bytes;
  let since = current.bytes === 0 ? deps.clock.now().getTime() : current.since;
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let dropped = 0;
  /** What is being written, and how far it is. */
  let chunk: Buffer = Buffer.alloc(0);
  let at = 0;
  let reopening = false;
  let closed = false;
  let pumping: Promise<void> | undefined;
  let retry: NodeJS.Timeout | undefined;

  const swap = async (): Promise<void> => {
    const next = await openLog(path);
    const before = current.file;
    [current, bytes, since] = [next, next.bytes, next.bytes === 0 ? deps.clock.now().getTime() : next.since];
    await before.close().catch(() => undefined);
  };
  const nameOf = (age: number): string => (age === 0 ? path : `${path}.${age}`);
  const turnOver = async (): Promise<void> => {
    await rm(nameOf(keepFiles), { force: true });
    for (let age = keepFiles - 1; age >= 0; age--)
      await rename(nameOf(age), nameOf(age + 1)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") throw error;
      });
    await swap();
  };
  const isDue = (): boolean => {
    const age = deps.clock.now().getTime() - since;
    return bytes > 0 && ((rotateBytes > 0 && bytes >= rotateBytes) || (rotateMs > 0 && age >= rotateMs));
  };

  const take = (): void => {
    let taken = 0;
    const lines: Buffer[] = [];
    while (taken < chunkBytes && waiting.length > 0) {
      const line = waiting.shift();
      if (line === undefined) break;
      lines.push(line);
      taken += line.length;
    }
    waitingBytes -= taken;
    [chunk, at] = [Buffer.concat(lines), 0];
  };
  const pump = async (): Promise<void> => {
    for (;;) {
      if (reopening) {
        // Before, not after: whoever asks once more meanwhile moved the new file away.
        reopening = false;
        await swap().catch((error: unknown) => {
          reopening = true;
          throw error;
        });
        // A line that was begun in the other file is written whole in this one.
        at = at === chunk.length ? at : chunk.lastIndexOf("\n", Math.max(0, at - 1)) + 1;
      }
      if (at === chunk.length) {
        if (isDue()) await turnOver().catch(() => undefined);
        if (waiting.length === 0) return;
        take();
      }
      const { bytesWritten } = await current.file.write(chunk, at);
      at += bytesWritten;
      bytes += bytesWritten;
      if (at === chunk.length && dropped > 0) {
        const [lost, time] = [dropped, deps.clock.now().getTime()];
        dropped = 0;
        accept(`${JSON.stringify({ level: 40, time, lost, msg: "log lines were lost: the log's disk took none" })}\n`);
      }
    }
  };
  const wake = (): void => {
    if (retry !== undefined) return;
    pumping ??= pump()
      .catch(() => {
        retry = setTimeout(() => {
          retry = undefined;
          wake();
        }, retryMs).unref();
      })
      .finally(() => {
        pumping = undefined;
        if (retry === undefined && (waiting.length > 0 || reopening)) wake();
      });
  };
  const accept = (line: string): void => {
    const buffer = Buffer.from(line);
    if (waitingBytes + buffer.length > mostWaitingBytes) {
      dropped++;
      return;
    }
    waiting.push(buffer);
    waitingBytes += buffer.length;
  };
  const flushSync = (): void => {
    // A write that is under way cannot be joined: what follows it may then stand before it.
    const rest = Buffer.concat([pumping === undefined ? chunk.subarray(at) : Buffer.alloc(0), ...waiting]);
    [waiting, waitingBytes] = [[], 0];
    if (pumping === undefined) at = chunk.length;
    try {
      writeSync(current.file.fd, rest);
    } catch {
      // The process ends; nobody is left to tell.
    }
  };
  if (isDue()) await turnOver();

  return {
    write: (line) => {
      if (closed) return;
      accept(line);
      wake();
    },
    flushSync: () => {
      if (!closed) flushSync();
    },
    reopen: () => {
      reopening = true;
      clearTimeout(retry);
      retry = undefined;
      wake();
    },
    close: async () => {
      const end = performance.now() + closeWithinMs;
      while (!closed && (waiting.length > 0 || at < chunk.length) && performance.now() < end) {
        clearTimeout(retry);
        retry = undefined;
        wake();
        await pumping;
        if (retry !== undefined) await new Promise((resolve) => setTimeout(resolve, 100));
      }
      closed = true;
      clearTimeout(retry);
      await pumping;
      await current.file.close().catch(() => undefined);
    },
  };
}
