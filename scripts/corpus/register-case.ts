import type { Json } from "../demo/api-client.ts";
import type { People } from "../demo/people-of-the-story.ts";
import { patiently } from "./patiently.ts";
import { corpusRules, corpusTables } from "./tables.ts";

/** The corpus's files by table. */
export type CorpusFiles = ReadonlyMap<string, Uint8Array>;

const day = 86_400_000;
const dayText = (offset: number): string => new Date(Date.now() + offset * day).toISOString().slice(0, 10);

async function declareAndLoad(people: People, family: string, files: CorpusFiles): Promise<readonly Json[]> {
  const scope: Json[] = [];
  for (const { name, columns, subject } of corpusTables) {
    const { id } = await people.steward.post("/v1/resources", {
      family,
      name,
      title: name,
      grade: "general-3",
      columns,
      subjects: [subject],
    });
    const body = files.get(name) ?? new Uint8Array();
    await patiently(() => people.steward.upload(`/v1/resources/${String(id)}/data`, new Blob([body]).stream()));
    scope.push({ resource: id, columns: columns.map((column) => column.name) });
  }
  return scope;
}

/** A resource family loaded afresh and an agreement in force over it, so that no case's history weighs on another. */
export async function registerCase(people: People, name: string, files: CorpusFiles): Promise<string> {
  const family = await people.steward.post("/v1/families", { title: name });
  const resources = await declareAndLoad(people, String(family["id"]), files);
  const { id } = await people.operatorAdmin.post("/v1/agreements", {
    // One scenario, one agreement.
    scenario: name,
    purpose: "corpus",
    operator: people.operator,
    agency: people.agency,
    startsOn: dayText(-1),
    endsOn: dayText(30),
    scope: { resources },
    releaseRules: { mode: "exact", ...corpusRules },
  });
  await people.officer.post(`/v1/agreements/${String(id)}/approve`);
  await people.officer.post(`/v1/agreements/${String(id)}/activate`);
  return String(id);
}
