import { createHash } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Launchpad, Mount } from "./bwrap-command.ts";
import { parseColumnType } from "./column-type.ts";
import { EngineError } from "./errors.ts";
import { readIngestAnswer } from "./ingest-answer.ts";
import type {
  FileFormat,
  IngestChecked,
  IngestColumn,
  IngestCommand,
  IngestDone,
  IngestLimits,
  IngestRefusalCode,
  IngestRefused,
  IngestSubject,
  Profile,
} from "./ingest-messages.ts";
import type { EngineLimits } from "./limits.ts";
import { startWorker, type Worker, type WorkerEnd } from "./process-worker.ts";
import type { Sampled } from "./sample-messages.ts";
import { openStaging, type StoredFile, settleFile } from "./staging.ts";
import { watchWorker } from "./watchdog.ts";

/** A file from outside and what it must be. */
export interface CheckRequest {
  readonly format: FileFormat;
  readonly columns: readonly IngestColumn[];
  readonly subjects: readonly IngestSubject[];
  /** Sets of columns, none of them NULL, that no two rows have the same values in. */
  readonly keys?: readonly (readonly string[])[] | undefined;
  /** Folder for the Parquet files; made if absent, must be this version's own. A check leaves nothing in it. */
  readonly output: string;
  readonly limits: IngestLimits;
  /** The version appended to: its Parquet files in row order, and their rows. */
  readonly base?: { readonly files: readonly string[]; readonly rows: number } | undefined;
}

export type IngestRequest = CheckRequest;

/** The beginning of a file of which nothing is declared yet. */
export interface SampleRequest {
  readonly format: FileFormat;
  readonly limits: IngestLimits;
}

export interface Ingested {
  readonly kind: "ingested";
  /** Rows of the whole version: the profile's. */
  readonly rows: number;
  /** The new ones, in row order. */
  readonly files: readonly StoredFile[];
  /** Of the whole version, what it is appended to included. */
  readonly profile: Profile;
  /** SHA-256 of the bytes received, hex. */
  readonly contentHash: string;
}

export type IngestAnswer = Ingested | IngestRefused;
export type CheckAnswer = IngestChecked | IngestRefused;
export type SampleAnswer = Sampled | IngestRefused;

/** Takes a file to a worker of its own. */
export interface Ingest {
  ingest(request: IngestRequest, body: AsyncIterable<Uint8Array>): Promise<IngestAnswer>;
  check(request: CheckRequest, body: AsyncIterable<Uint8Array>): Promise<CheckAnswer>;
  sample(request: SampleRequest, body: AsyncIterable<Uint8Array>): Promise<SampleAnswer>;
}

const blockBytes = 32 * 1024 * 1024;
/** Two blocks, each up to one read over its size, and room for the file system's own. */
const csvTmpBytes = 3 * blockBytes;
const overheadBytes = 512 * 1024 * 1024;
const dataFrameBytes = 1024 * 1024;
/** Problems told of one checked file. */
const checkedProblems = 100;

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

/**
 * Feeds the body to the worker as far as it wants it; hashes what was sent. The rest is read and thrown
 * away, up to what an honest file may have: whoever sends first and listens afterwards must not be
 * cut off before the answer.
 */
async function feed(
  worker: Worker,
  body: AsyncIterable<Uint8Array>,
  bounds: { readonly isOver: () => boolean; readonly takeBytes: number; readonly maxBytes: number },
): Promise<string> {
  const hash = createHash("sha256");
  let [taken, seen] = [0, 0];
  for await (const whole of body) {
    seen += whole.length;
    if (bounds.isOver() || taken === bounds.takeBytes) {
      if (seen > bounds.maxBytes) break;
      continue;
    }
    const chunk = whole.subarray(0, bounds.takeBytes - taken);
    taken += chunk.length;
    hash.update(chunk);
    for (let at = 0; at < chunk.length; at += dataFrameBytes) await worker.sendData(chunk.subarray(at, at + dataFrameBytes));
    if (taken === bounds.takeBytes) worker.sendEnd();
  }
  if (taken < bounds.takeBytes) worker.sendEnd();
  return hash.digest("hex");
}

function checkRequest(request: CheckRequest): void {
  for (const { name, type } of request.columns)
    if (parseColumnType(type) === undefined)
      throw new EngineError("ENGINE_REQUEST_INVALID", `column ${name} has an unknown type`);
  for (const column of [...request.subjects.map((subject) => subject.column), ...(request.keys ?? []).flat()])
    if (!request.columns.some(({ name }) => name === column))
      throw new EngineError("ENGINE_REQUEST_INVALID", `key column ${column} is not declared`);
}

/** Folders of the version appended to, each under a name of its own, and its files as the worker finds them. */
function mountBase(files: readonly string[], pathOf: Launchpad["pathOf"]) {
  const folders = [...new Set(files.map((file) => dirname(file)))];
  const mounts = new Map(folders.map((host, at): [string, Mount] => [host, { host, inside: `/base/${at}`, writable: false }]));
  const inside = files.flatMap((file) => {
    const mount = mounts.get(dirname(file));
    return mount === undefined ? [] : [join(pathOf(mount), basename(file))];
  });
  return { mounts: [...mounts.values()], files: inside };
}

type Answer = IngestDone | IngestChecked | Sampled | IngestRefused;

/** Hands files from outside to a process that holds nothing else; keeps all of it or nothing. */
export function createIngest(deps: {
  readonly launchpad: Launchpad;
  readonly tmpDir: string;
  readonly limits: Pick<EngineLimits, "loadMemoryBytes" | "loadThreads">;
  readonly track: (worker: Worker) => void;
}): Ingest {
  /** Runs one file through a worker; `use` takes the answer while the worker's folder is still there. */
  const work = async <T>(
    task: IngestCommand["task"],
    request: CheckRequest,
    body: AsyncIterable<Uint8Array>,
    use: (answer: Answer, folder: string, contentHash: () => Promise<string>) => Promise<T>,
  ): Promise<T | IngestRefused> => {
    checkRequest(request);
    const staging = await openStaging(request.output);
    const scratch = await openStaging(join(deps.tmpDir, "ingest"));
    const { pathOf } = deps.launchpad;
    const output: Mount = { host: staging.folder, inside: "/output", writable: true };
    const base = mountBase(request.base?.files ?? [], pathOf);
    // A Parquet file is read from its end, so it lies in the worker's own tmpfs whole.
    const tmpBytes = request.format.kind === "csv" ? csvTmpBytes : request.limits.maxParquetBytes + blockBytes;
    const launch = deps.launchpad.command("duckdb-ingest", [output, ...base.mounts], { tmpBytes, heapMiB: 512 });
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
      const { format, columns, subjects, limits } = request;
      worker.send({
        task,
        maxProblems: task === "check" ? checkedProblems : 1,
        format,
        columns,
        subjects,
        keys: request.keys ?? [],
        limits,
        base: { files: base.files, rows: request.base?.rows ?? 0 },
        output: pathOf(output),
        temporary: pathOf({ host: scratch.folder, inside: "/tmp/blocks", writable: true }),
        blockBytes,
        memoryBytes: deps.limits.loadMemoryBytes,
        threads: deps.limits.loadThreads,
      } satisfies IngestCommand);
      let over = false;
      const isCut = task === "sample" && format.kind === "csv";
      const takeBytes = isCut ? limits.maxSampleBytes : Number.POSITIVE_INFINITY;
      const fed = feed(worker, body, { isOver: () => over, takeBytes, maxBytes: limits.maxBytes }).catch(() => {
        // The sender broke off: nothing of a half file may stand.
        worker.kill("cancelled");
        return "";
      });
      const message = await worker.receive();
      over = true;
      if (message.kind === "gone") return refusedBy(message.end);
      const answer = readIngestAnswer(message.value);
      return answer === undefined ? refusedBy("protocol") : await use(answer, staging.folder, () => fed);
    } finally {
      watch.stop();
      worker.kill("finished");
      await worker.ended;
      await staging.discard();
      await scratch.discard();
    }
  };

  return {
    ingest: (request, body) =>
      unlessDiskFull(() =>
        work("load", request, body, async (answer, folder, contentHash) => {
          if (answer.kind === "refused") return answer;
          if (answer.kind !== "ingested") return refusedBy("protocol");
          return settle(request.output, folder, answer, await contentHash());
        }),
      ),
    check: (request, body) =>
      unlessDiskFull(() =>
        work("check", request, body, async (answer) =>
          answer.kind === "checked" || answer.kind === "refused" ? answer : refusedBy("protocol"),
        ),
      ),
    sample: (request, body) =>
      unlessDiskFull(() =>
        work("sample", { ...request, columns: [], subjects: [], output: join(deps.tmpDir, "sample") }, body, async (answer) =>
          answer.kind === "sampled" || answer.kind === "refused" ? answer : refusedBy("protocol"),
        ),
      ),
  };
}

async function unlessDiskFull<T>(task: () => Promise<T>): Promise<T | IngestRefused> {
  try {
    return await task();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
    return { kind: "refused", code: "CATALOG_DISK_FULL", reason: "the disk is full" };
  }
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
