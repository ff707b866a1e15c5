import { basename, join } from "node:path";
import type { Launchpad, Mount } from "./bwrap-command.ts";
import { parseColumnType } from "./column-type.ts";
import { EngineError } from "./errors.ts";
import type { EngineLimits } from "./limits.ts";
import { isCount, isRecord, isText, listOf } from "./message-shape.ts";
import { startWorker, type Worker, type WorkerEnd } from "./process-worker.ts";
import type { HiddenTables, ProvisionCommand, ProvisionFailureCode, ProvisionTableShape } from "./provision-messages.ts";
import { rowFilterSql } from "./row-filter-sql.ts";
import { openStaging, settleFile } from "./staging.ts";
import { watchWorker } from "./watchdog.ts";

export interface ProvisionTable extends ProvisionTableShape {
  /** Parquet files of the resource version, in row order. */
  readonly files: readonly string[];
  /** The resource family's record-key secret. */
  readonly familySecret: Uint8Array;
}

export interface ProvisionRequest {
  /** Path of the database file; its folder must exist. */
  readonly output: string;
  readonly tables: readonly ProvisionTable[];
  /** The agreement's own: owner ids of two agreements never meet. */
  readonly surrogateKey: Uint8Array;
  readonly hidden: HiddenTables;
}

export type ProvisionAnswer =
  | {
      readonly kind: "provisioned";
      readonly tables: readonly { readonly name: string; readonly rows: number }[];
      readonly bytes: number;
      readonly sha256: string;
    }
  | { readonly kind: "failed"; readonly code: ProvisionFailureCode };

const overheadBytes = 512 * 1024 * 1024;
/** HMAC keys shorter than the hash's half are guessable; longer than its block they would be hashed first (RFC 2104). Ours have 32 bytes. */
const isKey = (key: Uint8Array): boolean => key.length >= 16 && key.length <= 64;

const failureOf: Readonly<Record<WorkerEnd, ProvisionFailureCode>> = {
  timeout: "ENGINE_TIMEOUT",
  memory: "ENGINE_MEMORY",
  cancelled: "ENGINE_CRASHED",
  closed: "ENGINE_CRASHED",
  protocol: "ENGINE_CRASHED",
  finished: "ENGINE_CRASHED",
  crashed: "ENGINE_CRASHED",
};

function checkRequest(request: ProvisionRequest): void {
  const bad = (problem: string): never => {
    throw new EngineError("ENGINE_REQUEST_INVALID", `provision: ${problem}`);
  };
  if (!isKey(request.surrogateKey)) bad("the surrogate key has not 16 to 64 bytes");
  for (const table of request.tables) {
    if (table.files.length === 0) bad(`table ${table.name} has no files`);
    const names = [...table.columns.map(({ name }) => name), ...table.recordKeys.map(({ hidden }) => hidden)];
    if (new Set(names.map((name) => name.toLowerCase())).size !== names.length) bad(`table ${table.name} names a column twice`);
    for (const { name, type } of table.columns)
      if (parseColumnType(type) === undefined) bad(`column ${table.name}.${name} has an unknown type`);
    if (table.recordKeys.length > 0 && !isKey(table.familySecret))
      bad(`the family secret of ${table.name} has not 16 to 64 bytes`);
    const types = new Map(table.columns.map(({ name, type }) => [name, type]));
    for (const filter of table.rowFilter) {
      try {
        rowFilterSql(filter, types.get(filter.column) ?? "");
      } catch (error) {
        throw new EngineError("ENGINE_REQUEST_INVALID", `provision: table ${table.name} has a filter that cannot be written`, {
          cause: error,
        });
      }
    }
  }
}

/**
 * Writes an agreement's own database: scoped columns and rows only, owner keys as surrogates,
 * record keys beside them. Raw identifiers are simply not there. The files at rest are plain
 * Parquet until the vault encrypts them; this step then reads from its tmpfs.
 */
export function createProvision(deps: {
  readonly launchpad: Launchpad;
  readonly limits: Pick<EngineLimits, "loadMemoryBytes" | "loadThreads" | "provisionTimeoutMs">;
  readonly track: (worker: Worker) => void;
}): (request: ProvisionRequest) => Promise<ProvisionAnswer> {
  return async (request) => {
    checkRequest(request);
    const staging = await openStaging(request.output);
    const output: Mount = { host: staging.folder, inside: "/output", writable: true };
    const inputs = request.tables.map((table, at) =>
      table.files.map((host, part): Mount => ({ host, inside: `/input/${at}/${part}-${basename(host)}`, writable: false })),
    );
    const launch = deps.launchpad.command("duckdb-provision", [output, ...inputs.flat()], { tmpBytes: 1_048_576, heapMiB: 512 });
    const worker = startWorker({ role: "provision", ...launch, maxFrameBytes: 1024 * 1024 });
    deps.track(worker);
    const watch = watchWorker(worker, {
      timeoutMs: deps.limits.provisionTimeoutMs,
      memoryBytes: deps.limits.loadMemoryBytes + overheadBytes,
    });
    try {
      const ready = await worker.receive();
      if (ready.kind === "gone") return { kind: "failed", code: failureOf[ready.end] };
      worker.silence();
      const command: ProvisionCommand = {
        output: join(deps.launchpad.pathOf(output), "agreement.duckdb"),
        hidden: request.hidden,
        surrogateKey: Buffer.from(request.surrogateKey).toString("hex"),
        tables: request.tables.map(({ name, columns, rowFilter, recordKeys, familySecret }, at) => ({
          name,
          columns,
          rowFilter,
          recordKeys,
          files: (inputs[at] ?? []).map((mount) => deps.launchpad.pathOf(mount)),
          familySecret: Buffer.from(familySecret).toString("hex"),
        })),
        memoryBytes: deps.limits.loadMemoryBytes,
        threads: deps.limits.loadThreads,
      };
      worker.send(command);
      const message = await worker.receive();
      if (message.kind === "gone") return { kind: "failed", code: failureOf[message.end] };
      const tables = tablesOf(message.value);
      if (tables === undefined) return { kind: "failed", code: failureIn(message.value) };
      // The file must be whole and closed by its writer before it moves.
      worker.kill("finished");
      await worker.ended;
      const file = await settleFile(join(staging.folder, "agreement.duckdb"), request.output);
      return file === undefined
        ? { kind: "failed", code: "ENGINE_CRASHED" }
        : { kind: "provisioned", tables, bytes: file.bytes, sha256: file.sha256 };
    } finally {
      watch.stop();
      worker.kill("finished");
      await worker.ended;
      await staging.discard();
    }
  };
}

function tablesOf(value: unknown): readonly { readonly name: string; readonly rows: number }[] | undefined {
  if (!isRecord(value) || value["kind"] !== "provisioned") return undefined;
  return listOf(value["tables"], (table) => {
    if (!isRecord(table)) return undefined;
    const { name, rows } = table;
    return isText(name) && isCount(rows) ? { name, rows } : undefined;
  });
}

function failureIn(value: unknown): ProvisionFailureCode {
  if (!isRecord(value)) return "ENGINE_CRASHED";
  const code = value["code"];
  return code === "ENGINE_DISK_FULL" || code === "ENGINE_MEMORY" || code === "ENGINE_PROVISION_FAILED" ? code : "ENGINE_CRASHED";
}
