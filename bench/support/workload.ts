import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { ApiClient, Json } from "../../scripts/demo/api-client.ts";
import { demoSchema } from "../../scripts/demo/declarations.ts";
import { generatePopulation } from "../../scripts/demo/generate-population.ts";
import type { People } from "../../scripts/demo/people-of-the-story.ts";

export interface Statement {
  readonly name: string;
  readonly sql: string;
}

/** A small question, where the way is all, and a large one, where the query is. */
export const statements: readonly Statement[] = [
  { name: "small", sql: "SELECT gender, count(*) AS persons FROM person GROUP BY gender ORDER BY gender" },
  {
    name: "large",
    sql:
      "SELECT hospital, count(*) AS visits, count(DISTINCT id_card) AS patients, sum(cost) AS cost " +
      "FROM visit GROUP BY hospital ORDER BY hospital",
  },
];

export interface Sizes {
  readonly people: number;
  readonly visits: number;
}

const dayText = (offset: number): string => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);

/** The demo's invented population, loaded and agreed over HTTP; gives the agreement in force. */
export async function prepareWorkload(people: People, folder: string, sizes: Sizes): Promise<string> {
  const outDir = join(folder, "files");
  await generatePopulation({ outDir, ...sizes, enterprises: 1000 });
  const family = await people.steward.post("/v1/families", { title: "bench" });
  const scope: Json[] = [];
  for (const table of demoSchema.tables) {
    const { id } = await people.steward.post("/v1/resources", {
      family: family["id"],
      name: table.name,
      title: table.title,
      grade: table.grade,
      columns: table.columns,
      subjects: table.subjects,
    });
    const file = Readable.toWeb(createReadStream(join(outDir, table.file))) as ReadableStream<Uint8Array>;
    await people.steward.upload(`/v1/resources/${String(id)}/data`, file);
    scope.push({ resource: id, columns: table.columns.map(({ name }) => name) });
  }
  const { id } = await people.operatorAdmin.post("/v1/agreements", {
    scenario: "bench",
    purpose: "bench",
    operator: people.operator,
    agency: people.agency,
    startsOn: dayText(-1),
    endsOn: dayText(30),
    scope: { resources: scope },
  });
  await people.officer.post(`/v1/agreements/${String(id)}/approve`);
  await people.officer.post(`/v1/agreements/${String(id)}/activate`);
  return String(id);
}

/** The one database that the enclave opens for the agreement. */
export async function databaseOf(dataDir: string): Promise<string> {
  const folder = join(dataDir, "provisions");
  const [file] = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".duckdb"));
  if (file === undefined) throw new Error("no database was provisioned");
  return join(folder, file);
}

/** How long a client that polls waits between two looks, milliseconds. */
const pollMs = 4;

/** From submission to the result in hand, milliseconds; as a client does it. */
export async function timeJob(analyst: ApiClient, agreement: string, sql: string): Promise<number> {
  const began = performance.now();
  const job = String((await analyst.post(`/v1/agreements/${agreement}/jobs`, { sql }))["id"]);
  for (;;) {
    const { state, answer } = await analyst.get(`/v1/jobs/${job}`);
    if (state === "done") break;
    if (state !== "queued" && state !== "running")
      throw new Error(`the job ended as ${String(state)}: ${JSON.stringify(answer)}`);
    await new Promise((resume) => setTimeout(resume, pollMs));
  }
  await analyst.get(`/v1/jobs/${job}/result`);
  return performance.now() - began;
}
