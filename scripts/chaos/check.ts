import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { parseLeaf } from "../../src/audit/event.ts";
import type { Database } from "./database.ts";
import type { Acknowledged } from "./load.ts";

/** What the store says in the end, held against what was acknowledged; each problem in words. */
export async function checkStore(database: Database, { jobs, families, versions }: Acknowledged): Promise<readonly string[]> {
  const problems: string[] = [];
  const idsOf = async (query: string) => new Set((await database.ask(query)).map(({ id }) => String(id)));
  const leaves = await database.ask("SELECT leaf FROM audit_event ORDER BY arrival");
  const events = leaves
    .map(({ leaf }) => parseLeaf(leaf as Buffer))
    // A statement's own refusal ends its job: a compiler that is killed or paused refuses the one that it had.
    .filter(({ type, outcome, actor }) => outcome !== "refused" || (type === "job.refused" && actor.kind === "system"));
  const tally = new Map<string, number>();
  for (const { type, object, from } of events) {
    const about = type === "job.done" ? (from?.[0] ?? "") : object;
    const kind = /^job\.(done|failed|cancelled|interrupted|refused)$/.test(type) ? "ended" : type;
    tally.set(`${kind} ${about}`, (tally.get(`${kind} ${about}`) ?? 0) + 1);
  }
  const rows = await database.ask("SELECT id, state, started_at, labels FROM job");
  const labelled = new Map<string, string>();
  for (const { id, state, started_at, labels } of rows) {
    const [label] = labels as readonly string[];
    if (label !== undefined && labelled.has(label))
      problems.push(`job ${label} was done twice: ${labelled.get(label)}, ${String(id)}`);
    if (label !== undefined) labelled.set(label, String(id));
    if (state === "queued" || state === "running") problems.push(`job ${String(id)} is ${state}`);
    const [submitted, started, ended] = ["job.submitted", "job.started", "ended"].map(
      (kind) => tally.get(`${kind} ${String(id)}`) ?? 0,
    );
    if (submitted !== 1 || started !== (started_at === null ? 0 : 1) || ended !== 1)
      problems.push(`job ${String(id)} is ${String(state)} with ${submitted} submitted, ${started} started, ${ended} ended`);
  }
  for (const [label, id] of jobs) if (labelled.get(label) !== id) problems.push(`job ${id} was acknowledged and is gone`);
  const results = await database.ask(
    "SELECT j.id FROM job j LEFT JOIN result r ON r.job_id = j.id GROUP BY j.id, j.state HAVING count(r.id) <> (j.state = 'done')::int",
  );
  for (const { id } of results) problems.push(`job ${String(id)} has not one result if it is done, and none else`);
  const storedFamilies = await idsOf("SELECT id FROM resource_family");
  for (const id of families) if (!storedFamilies.has(id)) problems.push(`family ${id} was acknowledged and is gone`);
  for (const id of storedFamilies) if (tally.get(`family.created ${id}`) !== 1) problems.push(`family ${id} has not one event`);
  const storedVersions = await idsOf("SELECT id FROM resource_version");
  for (const id of versions) if (!storedVersions.has(id)) problems.push(`version ${id} was acknowledged and is gone`);
  for (const id of storedVersions)
    if (tally.get(`resource-version.loaded ${id}`) !== 1) problems.push(`version ${id} has not one event`);
  return problems;
}

const namesIn = (folder: string): Promise<readonly string[]> => readdir(folder).catch(() => []);

/** Files that no row tells of, and rows without their files; one gateway must be running, so that the dead were swept after. */
export async function checkFiles(database: Database, dataDir: string): Promise<readonly string[]> {
  const copies = await database.ask("SELECT kind, location FROM copy WHERE destroyed_at IS NULL");
  const of = (kind: string) => new Set(copies.filter((copy) => copy["kind"] === kind).map(({ location }) => String(location)));
  const below = async (folder: string): Promise<readonly string[]> => {
    const holders = await namesIn(join(dataDir, folder));
    const names = await Promise.all(
      holders.map(async (holder) => (await namesIn(join(dataDir, folder, holder))).map((name) => join(folder, holder, name))),
    );
    return names.flat();
  };
  const open = await database.ask("SELECT id FROM upload WHERE state = 'open'");
  const alive = await database.ask("SELECT id FROM gateway WHERE ended_at IS NULL");
  const known = {
    vault: of("vault"),
    provisions: of("provision"),
    uploads: new Set(open.map(({ id }) => join("uploads", String(id)))),
    engine: new Set(alive.map(({ id }) => join("engine", String(id)))),
  };
  const there = {
    vault: await below("vault"),
    provisions: await below("provisions"),
    uploads: (await namesIn(join(dataDir, "uploads"))).map((name) => join("uploads", name)),
    engine: (await namesIn(join(dataDir, "engine"))).map((name) => join("engine", name)),
  };
  const kinds = ["vault", "provisions", "uploads", "engine"] as const;
  const stray = kinds.flatMap((kind) =>
    there[kind].filter((path) => !known[kind].has(path)).map((path) => `${path} belongs to nothing`),
  );
  const missing = (["vault", "provisions"] as const).flatMap((kind) =>
    [...known[kind]].filter((path) => !there[kind].includes(path)).map((path) => `${path} is gone`),
  );
  return [...stray, ...missing];
}

/** Whether `npm run verify -- log` finds the log whole; what it said, if not. */
export async function checkLog(url: string, token: string): Promise<readonly string[]> {
  const [key = ""] = (await (await fetch(new URL("/log/key", url))).text()).split("\n");
  const script = join(import.meta.dirname, "../../src/cli/verify.ts");
  const env = { PATH: process.env["PATH"], HANGUANG_LOG_KEY: key, HANGUANG_TOKEN: token };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [script, "log", "--url", url, "--json"], { env }, (_, out, err) =>
      resolve(child.exitCode === 0 && out.includes('"ok":true') ? [] : [`the log does not verify: ${out}${err}`]),
    );
  });
}
