import { createReadStream } from "node:fs";
import { access, mkdir, open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { formatVerifierKey, systemRandom } from "../kernel/index.ts";
import { openKeystore } from "../keys/index.ts";
import { openStore, type Store } from "../store/index.ts";
import { readDatabaseUrls } from "./database-urls.ts";
import type { CommonOptions } from "./options.ts";
import type { LogEntry } from "./verify-log.ts";

/** It could not be looked at: neither "holds" nor "does not hold". */
export class VerifyError extends Error {
  override readonly name = "VerifyError";
}

/** Where a log is read from. */
export interface LogSource {
  /** The newest checkpoint, read before the leaves. */
  readonly checkpoint: string;
  /** The log's key as the place itself knows it; only our own keystore is one to believe. */
  readonly key?: string | undefined;
  entries(): AsyncIterable<LogEntry>;
  close(): Promise<void>;
}

// What is no base64 decodes to other bytes, and these to another hash: its form needs no look of its own.
const isBytes = (value: unknown): value is string | undefined => value === undefined || typeof value === "string";
const bytesOf = (text: string | undefined) => (text === undefined ? undefined : Buffer.from(text, "base64"));

/** One NDJSON line {index, leaf, hash}; an event that is gone has no leaf. Throws `VerifyError`. */
function parseLine(line: string, place: string): LogEntry {
  try {
    const { index, leaf, hash } = JSON.parse(line) as Readonly<Record<string, unknown>>;
    if (typeof index === "string" && isBytes(leaf) && isBytes(hash)) return { index, leaf: bytesOf(leaf), hash: bytesOf(hash) };
  } catch {
    // Told below, with the place.
  }
  throw new VerifyError(`${place} is no line of a log: expected {"index":"0","leaf":"<base64>","hash":"<base64>"}.`);
}

async function readText(path: string): Promise<string> {
  return readFile(path, "utf8").catch((cause: unknown) => {
    throw new VerifyError(`${path} cannot be read.`, { cause });
  });
}

/** Leaves and checkpoint as files, as `--save` writes them. */
export async function fileSource(leavesPath: string, checkpointPath: string): Promise<LogSource> {
  const checkpoint = await readText(checkpointPath);
  await access(leavesPath).catch((cause: unknown) => {
    throw new VerifyError(`${leavesPath} cannot be read.`, { cause });
  });
  return {
    checkpoint,
    entries: async function* () {
      let number = 0;
      for await (const line of createInterface({ input: createReadStream(leavesPath), crlfDelay: Number.POSITIVE_INFINITY })) {
        number++;
        if (line !== "") yield parseLine(line, `${leavesPath}, line ${number},`);
      }
    },
    close: async () => undefined,
  };
}

/** A running gateway, asked as an auditor: the token is one of an account that may read the audit. */
export async function urlSource(base: string, token: string | undefined): Promise<LogSource> {
  const get = async (path: string): Promise<string> => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(new URL(path, base), { headers }).catch((cause: unknown) => {
      throw new VerifyError(`${base} does not answer.`, { cause });
    });
    if (response.status === 401 || response.status === 403)
      throw new VerifyError(
        `${path} needs an account that may read the audit. Log in, and put its access token into HANGUANG_TOKEN.`,
      );
    if (!response.ok) throw new VerifyError(`${path} answered ${response.status}.`);
    return response.text();
  };
  const checkpoint = await get("/log/checkpoint");
  const size = /^\d{1,20}$/.exec(checkpoint.split("\n")[1] ?? "")?.[0] ?? "0";
  return {
    checkpoint,
    entries: async function* () {
      // Each reading adds an event: the checkpoint, not the last page, says where the end is.
      for (let known = 0n; known < BigInt(size); ) {
        const page = await get(`/v1/audit/leaves${known === 0n ? "" : `?after=${known - 1n}`}`);
        const lines = page.split("\n").filter((line) => line !== "");
        for (const line of lines) yield parseLine(line, "/v1/audit/leaves");
        if (lines.length === 0) return;
        known += BigInt(lines.length);
      }
    },
    close: async () => undefined,
  };
}

const leavesPerPage = 5000;

/** Every leaf of a store in order; an event that is gone leaves its place without bytes. */
export async function* storedEntries(store: Pick<Store, "db">): AsyncGenerator<LogEntry> {
  for (let after = "-1"; ; ) {
    const rows = await store.db
      .selectFrom("audit_leaf")
      .leftJoin("audit_event", "audit_event.id", "audit_leaf.event_id")
      .select(["audit_leaf.leaf_index", "audit_leaf.leaf_hash", "audit_event.leaf"])
      .where("audit_leaf.leaf_index", ">", after)
      .orderBy("audit_leaf.leaf_index")
      .limit(leavesPerPage)
      .execute();
    for (const { leaf_index, leaf, leaf_hash } of rows) yield { index: leaf_index, leaf: leaf ?? undefined, hash: leaf_hash };
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.leaf_index;
  }
}

/** The data folder of a gateway that is stopped, opened for reading only. */
export async function folderSource(common: CommonOptions, wantKey: boolean): Promise<LogSource> {
  const { dataDir, keyFile } = common;
  const server = readDatabaseUrls(process.env);
  const store = await openStore({ dataDir, random: systemRandom, log: () => undefined, server, readOnly: true, connections: 1 });
  try {
    const checkpoint = await readText(join(dataDir, "checkpoint"));
    const key = wantKey ? await keyOfFolder(dataDir, keyFile, checkpoint.split("\n", 1)[0] ?? "") : undefined;
    return {
      checkpoint,
      key,
      entries: () => storedEntries(store),
      close: store.close,
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** The log's key from our own keystore: as good as the root key that opens it. */
async function keyOfFolder(dataDir: string, keyFile: string, origin: string): Promise<string> {
  const path = join(dataDir, "keystore");
  for (const file of [path, keyFile])
    await access(file).catch((cause: unknown) => {
      throw new VerifyError(`${file} is not there, so the log's key must be named with --log-key.`, { cause });
    });
  const keys = await openKeystore({ path, rootKeyPath: keyFile, dataDir, random: systemRandom });
  return formatVerifierKey(origin, (await keys.signing("log-signing")).publicBytes);
}

const saveChunk = 1_000_000;

/** Writes the log to a folder, `leaves.ndjson` and `checkpoint`, and gives it as it was written: altered or not, it is evidence. */
export async function keepLog(source: LogSource, folder: string): Promise<LogSource> {
  const [leavesPath, checkpointPath] = [join(folder, "leaves.ndjson"), join(folder, "checkpoint")];
  await mkdir(folder, { recursive: true });
  await writeFile(checkpointPath, source.checkpoint);
  const file = await open(leavesPath, "w");
  const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString("base64");
  let waiting = "";
  try {
    for await (const { index, leaf, hash } of source.entries()) {
      waiting += `${JSON.stringify({ index, leaf: text(leaf), hash: text(hash) })}\n`;
      if (waiting.length < saveChunk) continue;
      await file.appendFile(waiting);
      waiting = "";
    }
    await file.appendFile(waiting);
  } finally {
    await file.close();
  }
  return { ...(await fileSource(leavesPath, checkpointPath)), key: source.key };
}
