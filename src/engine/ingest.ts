import { createHash } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Launchpad, Mount } from "./bwrap-command.ts";
import { parseColumnType } from "./column-type.ts";
import { EngineError } from "./errors.ts";
import { readIngestAnswer } from "./ingest-answer.ts";
import type {
  IngestColumn,
  IngestCommand,
  IngestLimits,
  IngestRefusalCode,
  IngestRefused,
  IngestSubject,
  Profile,
} from "./ingest-messages.ts";
import type { EngineLimits } from "./limits.ts";
import { startWorker, type Worker, type WorkerEnd } from "./process-worker.ts";
import { openStaging, type StoredFile, settleFile } from "./staging.ts";
import { watchWorker } from "./watchdog.ts";

export interface IngestRequest {
  readonly columns: readonly IngestColumn[];
  readonly subjects: readonly IngestSubject[];
  /** Folder for the Parquet files; made if absent, must be this version's own. */
  readonly output: string;
  readonly limits: IngestLimits;
}

export interface Ingested {
  readonly kind: "ingested";
  readonly rows: number;
  /** In row order. */
  readonly files: readonly StoredFile[];
  readonly profile: Profile;
  /** SHA-256 of the bytes received, hex. */
  readonly contentHash: string;
}

export type IngestAnswer = Ingested | IngestRefused;

const blockBytes = 32 * 1024 * 1024;
/** Two blocks, each up to one read over its size, and room for the file system's own. */
const tmpBytes = 3 * blockBytes;
const overheadBytes = 512 * 1024 * 1024;
const dataFrameBytes = 1024 * 1024;

const endRefusals: Readonly<Record<WorkerEnd, readonly [IngestRefusalCode, string]>> = {
  timeout: ["CATALOG_FILE_TIMEOUT", "the upload took longer than it may"],
  memory: ["CATALOG_FILE_LIMIT", "the file needs more memory than an upload may use"],
  crashed: ["CATALOG_FILE_UNREADABLE", "the process that read the file died"],
  protocol: ["CATALOG_FILE_UNREADABLE", "the process that read the file broke off"],
  cancelled: ["CATALOG_FILE_INCOMPLETE", "the upload was broken off"],
  closed: ["CATALOG_FILE_INCOMPLETE", "the platform is stopping"],
  finished: ["CATALOG_FILE_UNREADABLE", "the process that read the file broke off"],
};

function refusedBy(end: WorkerEnd): IngestRefused {
  const [code, reason] = endRefusals[end];
  return { kind: "refused", code, reason };
}

/** Feeds the body to the worker as far as it wants it; hashes what was sent. */
async function feed(worker: Worker, body: AsyncIterable<Uint8Array>, isOver: () => boolean): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of body) {
    if (isOver()) return "";
    hash.update(chunk);
    for (let at = 0; at < chunk.length; at += dataFrameBytes) await worker.sendData(chunk.subarray(at, at + dataFrameBytes));
  }
  worker.sendEnd();
  return hash.digest("hex");
}

/** Hands files from outside to a process that holds nothing else; keeps all of it or nothing. */
export function createIngest(deps: {
  readonly launchpad: Launchpad;
  readonly tmpDir: string;
  readonly limits: Pick<EngineLimits, "loadMemoryBytes" | "loadThreads">;
  readonly track: (worker: Worker) => void;
}): (request: IngestRequest, body: AsyncIterable<Uint8Array>) => Promise<IngestAnswer> {
  const ingest = async (request: IngestRequest, body: AsyncIterable<Uint8Array>): Promise<IngestAnswer> => {
    for (const { name, type } of request.columns)
      if (parseColumnType(type) === undefined)
        throw new EngineError("ENGINE_REQUEST_INVALID", `column ${name} has an unknown type`);
    for (const { column } of request.subjects)
      if (!request.columns.some(({ name }) => name === column))
        throw new EngineError("ENGINE_REQUEST_INVALID", `subject column ${column} is not declared`);

    const staging = await openStaging(request.output);
    const scratch = await openStaging(join(deps.tmpDir, "ingest"));
    const output: Mount = { host: staging.folder, inside: "/output", writable: true };
    const launch = deps.launchpad.command("duckdb-ingest", [output], { tmpBytes, heapMiB: 512 });
    const worker = startWorker({ role: "ingest", ...launch, maxFrameBytes: 4 * 1024 * 1024 });
    deps.track(worker);
    const watch = watchWorker(worker, {
      timeoutMs: request.limits.timeoutMs,
      memoryBytes: deps.limits.loadMemoryBytes + overheadBytes,
    });
    try {
      const ready = await worker.receive();
      if (ready.kind === "gone") return refusedBy(ready.end);
      worker.silence();
      const command: IngestCommand = {
        columns: request.columns,
        subjects: request.subjects,
        limits: request.limits,
        output: deps.launchpad.pathOf(output),
        temporary: deps.launchpad.pathOf({ host: scratch.folder, inside: "/tmp/blocks", writable: true }),
        blockBytes,
        memoryBytes: deps.limits.loadMemoryBytes,
        threads: deps.limits.loadThreads,
      };
      worker.send(command);
      let over = false;
      const fed = feed(worker, body, () => over).catch(() => {
        // The sender broke off: nothing of a half file may stand.
        worker.kill("cancelled");
        return "";
      });
      const message = await worker.receive();
      over = true;
      if (message.kind === "gone") return refusedBy(message.end);
      const answer = readIngestAnswer(message.value);
      if (answer === undefined) return refusedBy("protocol");
      if (answer.kind === "refused") return answer;
      const contentHash = await fed;
      return await settle(request.output, staging.folder, answer, contentHash);
    } finally {
      watch.stop();
      worker.kill("finished");
      await worker.ended;
      await staging.discard();
      await scratch.discard();
    }
  };
  return async (request, body) => {
    try {
      return await ingest(request, body);
    } catch (error) {
      if (isDiskFull(error)) return { kind: "refused", code: "CATALOG_DISK_FULL", reason: "the disk is full" };
      throw error;
    }
  };
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOSPC";
}

async function settle(
  destination: string,
  folder: string,
  done: { readonly files: readonly string[]; readonly profile: Profile },
  contentHash: string,
): Promise<IngestAnswer> {
  await mkdir(destination, { recursive: true, mode: 0o700 });
  const files: StoredFile[] = [];
  for (const name of done.files) {
    const file = await settleFile(join(folder, name), join(destination, name)).catch(() => undefined);
    if (file === undefined) {
      for (const { path } of files) await rm(path, { force: true });
      return refusedBy("protocol");
    }
    files.push(file);
  }
  return { kind: "ingested", rows: done.profile.rows, files, profile: done.profile, contentHash };
}
