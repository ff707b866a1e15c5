import { createHash, type Hash } from "node:crypto";
import type { ApiClient } from "../../scripts/demo/api-client.ts";
import { type People, signUp } from "../../scripts/demo/people-of-the-story.ts";
import type { Bench, BenchContext } from "../support/bench.ts";
import { type PlatformProcess, startPlatformProcess } from "../support/platform-process.ts";
import { measureMemory, type PartMemory, peakOf } from "../support/processes.ts";
import { tenths } from "../support/spread.ts";

const mebibyte = 1024 * 1024;
const sampleMs = 200;
const header = "id_card,county,day,cost,visits,reason\n";

/** The costly case: every key once and declared unique, so that nothing may be forgotten while reading. */
const declaration = {
  name: "visit",
  title: "就诊",
  grade: "general-3",
  columns: [
    { name: "id_card", type: "VARCHAR", role: "identifier", nullable: false },
    { name: "county", type: "VARCHAR", role: "quasi-identifier" },
    { name: "day", type: "DATE", role: "quasi-identifier" },
    { name: "cost", type: "DECIMAL(12,2)", role: "measure", grid: 10 },
    { name: "visits", type: "INTEGER", role: "measure", grid: 1 },
    { name: "reason", type: "VARCHAR", role: "free-text" },
  ],
  subjects: [{ kind: "person", column: "id_card", unique: true }],
} as const;

function lineOf(at: number): string {
  const day = `20${10 + (at % 15)}-${String(1 + (at % 12)).padStart(2, "0")}-${String(1 + (at % 28)).padStart(2, "0")}`;
  const noise = Math.imul(at, 2_654_435_761) >>> 0;
  return `1301${String(at).padStart(14, "0")},县${at % 170},${day},${noise % 100_000}.${10 + (at % 90)},${at % 40},"例行检查 ${noise.toString(36)}, ${at % 997}"\n`;
}

/** A file that is nowhere: made as it is sent. */
async function* generated(bytes: number, hash?: Hash): AsyncGenerator<Uint8Array> {
  let sent = 0;
  for (let at = 0; sent < bytes; ) {
    const lines = at === 0 ? [header] : [];
    for (const end = at + 2000; at < end; at++) lines.push(lineOf(at));
    const chunk = Buffer.from(lines.join(""));
    hash?.update(chunk);
    sent += chunk.length;
    yield chunk;
  }
}

const streamOf = (bytes: number, hash?: Hash): ReadableStream<Uint8Array> => ReadableStream.from(generated(bytes, hash));

async function sizeAndHash(bytes: number): Promise<{ readonly length: number; readonly sha256: string }> {
  const hash = createHash("sha256");
  let length = 0;
  for await (const chunk of generated(bytes, hash)) length += chunk.length;
  return { length, sha256: hash.digest("hex") };
}

async function declared(steward: ApiClient, family: string, name: string): Promise<string> {
  return String((await steward.post("/v1/resources", { ...declaration, family, name }))["id"]);
}

interface Measured {
  readonly name: string;
  readonly mebibytes: number;
  readonly seconds: number;
  readonly rows: number;
  /** Peaks while it was handed in. */
  readonly memory: Readonly<Record<string, PartMemory>>;
}

async function watched(
  platform: PlatformProcess,
  name: string,
  bytes: number,
  task: () => Promise<{ readonly rows?: unknown }>,
): Promise<Measured> {
  let memory = measureMemory(platform.pid);
  const watch = setInterval(() => {
    memory = peakOf(memory, measureMemory(platform.pid));
  }, sampleMs);
  const began = performance.now();
  try {
    const { rows } = await task();
    const seconds = tenths((performance.now() - began) / 1000);
    return { name, mebibytes: Math.round(bytes / mebibyte), seconds, rows: Number(rows), memory };
  } finally {
    clearInterval(watch);
  }
}

/** tus, in one PATCH of the whole file, then its finish. */
async function byUpload({ steward }: People, url: string, resource: string, bytes: number) {
  const { length, sha256 } = await sizeAndHash(bytes);
  const headers = { authorization: steward.authorization(), "tus-resumable": "1.0.0" };
  const made = await fetch(new URL(`/v1/resources/${resource}/uploads`, url), {
    method: "POST",
    headers: { ...headers, "upload-length": String(length) },
  });
  const location = made.headers.get("location") ?? "";
  const init: RequestInit & { duplex: "half" } = {
    method: "PATCH",
    headers: { ...headers, "content-type": "application/offset+octet-stream", "upload-offset": "0" },
    body: streamOf(bytes),
    duplex: "half",
  };
  const sent = await fetch(new URL(location, url), init);
  if (sent.status !== 204) throw new Error(`the upload was answered ${sent.status}: ${await sent.text()}`);
  return steward.post(`${location}/finish`, { sha256 });
}

const memoryLine = ({ name, mebibytes, seconds, rows, memory }: Measured): string => {
  const peak = (part: string): string => `${part} ${memory[part]?.rssMiB ?? 0} MiB`;
  return `${name}, ${mebibytes} MiB, ${rows} rows: ${seconds} s, peak RSS ${peak("gateway")}, ${peak("loaders")}`;
};

async function measure(platform: PlatformProcess, { option, note }: BenchContext) {
  const people = await signUp(platform);
  const { steward } = people;
  const family = String((await steward.post("/v1/families", { title: "bench" }))["id"]);
  const whole = option("mebibytes") * mebibyte;
  const measured: Measured[] = [];
  for (const bytes of [Math.round(whole / 4), whole]) {
    note(`CSV of ${Math.round(bytes / mebibyte)} MiB at once`);
    const resource = await declared(steward, family, `visit_${measured.length}`);
    const task = () => steward.upload(`/v1/resources/${resource}/data`, streamOf(bytes));
    measured.push(await watched(platform, "CSV at once", bytes, task));
  }
  note("CSV by a resumable upload");
  const resource = await declared(steward, family, "visit_tus");
  measured.push(
    await watched(platform, "CSV by an upload and its finish", whole, () => byUpload(people, platform.url, resource, whole)),
  );
  return { figures: { isolation: platform.isolation, measured }, lines: measured.map(memoryLine) };
}

/** Whether memory is flat: a file at once, a quarter of it, and the same by a resumable upload. */
export const handInBench: Bench = {
  name: "hand-in",
  summary: "a generated CSV file handed in over HTTP: time, and peak memory of the gateway and the process that reads it",
  options: { mebibytes: 1024 },
  run: async (context) => {
    const platform = await startPlatformProcess(context.folder);
    try {
      return await measure(platform, context);
    } finally {
      await platform.stop();
    }
  },
};
