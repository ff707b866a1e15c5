import { createHash, randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { ApiClient } from "../demo/api-client.ts";
import type { People } from "../demo/people-of-the-story.ts";
import type { Berth } from "./fleet.ts";

/** What the platform said it had done. */
export interface Acknowledged {
  /** Label of each job, and its id. */
  readonly jobs: Map<string, string>;
  readonly families: Set<string>;
  readonly versions: Set<string>;
  /** Jobs that were stopped by request. */
  readonly cancelled: Set<string>;
}

export interface Load {
  readonly acknowledged: Acknowledged;
  /** Answers by status; "broken": none came. */
  readonly answers: ReadonlyMap<string, number>;
  /** Answers that no fault explains, and figures that are wrong. */
  readonly findings: readonly string[];
  stop(): Promise<void>;
}

export interface Ground {
  readonly agreement: string;
  /** A resource that files are handed in for; no job reads it. */
  readonly resource: string;
  readonly csv: Buffer;
  /** What every job must find: counties and how many people. */
  readonly counts: Readonly<Record<string, number>>;
}

/** What a fault explains: too much at a time, unavailable, full; and what was done before, its answer lost, sent again. */
const explained = new Set([409, 410, 412, 429, 503, 507]);
/** What the death of the process that read a file explains: it may have been the file that killed it. */
const diedReading = "CATALOG_FILE_UNREADABLE";

export function startLoad(berths: readonly Berth[], people: People, ground: Ground): Load {
  const acknowledged: Acknowledged = { jobs: new Map(), families: new Set(), versions: new Set(), cancelled: new Set() };
  const answers = new Map<string, number>();
  const findings: string[] = [];
  const over = new AbortController();
  let turn = 0;

  const tally = (what: string): void => void answers.set(what, (answers.get(what) ?? 0) + 1);
  /** One request to whatever gateway is next; undefined where no answer came. */
  const send = async (
    by: ApiClient,
    method: string,
    path: string,
    init: { readonly headers?: Record<string, string>; readonly body?: string | Uint8Array<ArrayBuffer> } = {},
  ): Promise<
    { readonly status: number; readonly body: Readonly<Record<string, unknown>>; readonly headers: Headers } | undefined
  > => {
    const url = berths[turn++ % berths.length]?.url();
    if (url === undefined) {
      await pause(50);
      return undefined;
    }
    try {
      const response = await fetch(new URL(path, url), {
        method,
        headers: { authorization: by.authorization(), ...init.headers },
        ...(init.body === undefined ? {} : { body: init.body }),
        signal: AbortSignal.timeout(20_000),
      });
      const text = await response.text();
      tally(String(response.status));
      if (response.status >= 400 && !explained.has(response.status) && !text.includes(diedReading))
        findings.push(`${method} ${path}: ${response.status} ${text}`);
      if (explained.has(response.status)) await pause(100);
      return { status: response.status, body: text.startsWith("{") ? JSON.parse(text) : {}, headers: response.headers };
    } catch {
      tally("broken");
      return undefined;
    }
  };
  const json = { "content-type": "application/json" };
  const post = (by: ApiClient, path: string, body: object, key?: string) =>
    send(by, "POST", path, {
      headers: { ...json, ...(key === undefined ? {} : { "idempotency-key": key }) },
      body: JSON.stringify(body),
    });

  let names = 0;
  /** The same request with the same key until an answer came, at whatever gateway: done once. */
  const submit = async (): Promise<void> => {
    const label = `n${names++}`;
    const sql = "SELECT county, count(*) AS n FROM person GROUP BY county";
    const key = randomUUID();
    for (let attempt = 0; attempt < 8; attempt++) {
      const answer = await post(people.analyst, `/v1/agreements/${ground.agreement}/jobs`, { sql, labels: [label] }, key);
      if (answer?.status === 202) {
        acknowledged.jobs.set(label, String(answer.body["id"]));
        return;
      }
    }
  };
  const found = async (): Promise<void> => {
    const answer = await post(people.steward, "/v1/families", { title: `family ${names++}` }, randomUUID());
    if (answer?.status === 201) acknowledged.families.add(String(answer.body["id"]));
  };
  const look = async (): Promise<void> => {
    const ids = [...acknowledged.jobs.values()];
    const id = ids[Math.floor(Math.random() * ids.length)];
    if (id === undefined) return;
    const job = await send(people.analyst, "GET", `/v1/jobs/${id}`);
    if (job?.body["state"] !== "done") return;
    const page = await send(people.analyst, "GET", `/v1/jobs/${id}/result`);
    if (page?.status !== 200) return;
    const rows = page.body["rows"] as readonly (readonly unknown[])[];
    const got = Object.fromEntries(rows.map(([county, n]) => [String(county), Number(n)]));
    const wanted = JSON.stringify(Object.entries(ground.counts).toSorted());
    if (JSON.stringify(Object.entries(got).toSorted()) !== wanted) findings.push(`job ${id} shows ${JSON.stringify(got)}`);
  };
  const cancel = async (): Promise<void> => {
    const id = [...acknowledged.jobs.values()].at(-1);
    if (id === undefined) return;
    const answer = await send(people.analyst, "DELETE", `/v1/jobs/${id}`);
    if (answer !== undefined && answer.status < 300) acknowledged.cancelled.add(id);
  };
  /** A resumable upload that asks where it stands after each break, and goes on there. */
  const upload = async (): Promise<void> => {
    const tus = { "tus-resumable": "1.0.0" };
    const begun = await send(people.steward, "POST", `/v1/resources/${ground.resource}/uploads`, {
      headers: { ...tus, "upload-length": String(ground.csv.length) },
    });
    const at = begun?.headers.get("location") ?? undefined;
    if (at === undefined) return;
    let offset = 0;
    for (let attempt = 0; attempt < 12 && offset < ground.csv.length; attempt++) {
      await send(people.steward, "PATCH", at, {
        headers: { ...tus, "upload-offset": String(offset), "content-type": "application/offset+octet-stream" },
        body: new Uint8Array(ground.csv.subarray(offset, offset + 20_000)),
      });
      const stands = await send(people.steward, "GET", at, { headers: tus });
      offset = typeof stands?.body["received"] === "number" ? stands.body["received"] : offset;
    }
    const sha256 = createHash("sha256").update(ground.csv).digest("hex");
    for (let attempt = 0; attempt < 6; attempt++) {
      const loaded = await post(people.steward, `${at}/finish`, { sha256 });
      // Gone: the answer before this one was lost on its way, not the version.
      if (loaded?.status === 201) acknowledged.versions.add(String(loaded.body["id"]));
      if (loaded?.status === 201) return;
    }
  };
  const client = async (act: () => Promise<void>, everyMs: number): Promise<void> => {
    while (!over.signal.aborted) {
      await act();
      await pause(everyMs);
    }
  };
  const clients = [
    client(submit, 50),
    client(submit, 120),
    client(found, 150),
    client(look, 80),
    client(cancel, 2500),
    client(upload, 400),
  ];
  return {
    acknowledged,
    answers,
    findings,
    stop: async () => {
      over.abort();
      await Promise.all(clients);
    },
  };
}
