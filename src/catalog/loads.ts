import { expectOne } from "../audit/index.ts";
import type { Ingested } from "../engine/index.ts";
import { type AuthenticatedActor, toActor } from "../identity/index.ts";
import { canonicalJson, isId, type Refusal, refuse, sha256Hex } from "../kernel/index.ts";
import type { CatalogContext } from "./context.ts";
import type { CatalogRefusalCode } from "./refusals.ts";
import type { Resources, ResourceView } from "./resources.ts";

export interface LoadedVersion {
  readonly id: string;
  readonly resource: string;
  readonly number: number;
  readonly rows: number;
  readonly contentHash: string;
}

export interface Loads {
  /**
   * A file as a new immutable version. It is validated whole before anything is kept; a bad file
   * is refused with line, column and reason. Loads of one resource side by side get consecutive
   * numbers. The answer may speak of the caller's own file, the event never quotes it.
   */
  load(caller: AuthenticatedActor, resource: string, body: AsyncIterable<Uint8Array>): Promise<LoadedVersion | Refusal>;
}

const type = "resource-version.loaded";

/** Loads that met another one at the same number try the next; each try costs one statement. */
const numberTries = 16;

/** What lies in a version's folder, as one hash: the files' names, sizes and hashes in row order. */
function hashOfFiles(files: Ingested["files"]): string {
  return sha256Hex(
    canonicalJson(files.map(({ path, bytes, sha256 }) => ({ name: path.slice(path.lastIndexOf("/") + 1), bytes, sha256 }))),
  );
}

export function createLoads(context: CatalogContext, resources: Pick<Resources, "resource">, underWay: Set<string>): Loads {
  const { store, work, ids, clock, decider, engine, vault, limits } = context;
  const { db } = store;

  const commit = async (
    caller: AuthenticatedActor,
    resource: string,
    version: string,
    answer: Ingested,
  ): Promise<LoadedVersion | Refusal<CatalogRefusalCode>> => {
    // In its place before the row exists: a crash between the two leaves files without a row, which
    // the next start sweeps, never a version whose files are missing. For the same reason an error
    // of the store below leaves the files: the row may have been committed before the answer was lost.
    const folder = await vault.place(version);
    const filesHash = hashOfFiles(answer.files);
    for (let attempt = 0; attempt < numberTries; attempt++) {
      const newest = await db
        .selectFrom("resource_version")
        .select(({ fn }) => fn.max("number").as("number"))
        .where("resource_id", "=", resource)
        .executeTakeFirst();
      const number = (newest?.number ?? 0) + 1;
      const now = clock.now();
      const row = db
        .insertInto("resource_version")
        .values({
          id: version,
          resource_id: resource,
          number,
          content_hash: answer.contentHash,
          row_count: answer.rows,
          profile: JSON.stringify(answer.profile),
          created_by: caller.id,
          created_at: now,
        })
        .returning("id");
      const copy = db
        .insertInto("copy")
        .values({
          id: ids.make("copy"),
          kind: "vault",
          object_id: version,
          location: folder,
          bytes: answer.files.reduce((sum, { bytes }) => sum + bytes, 0),
          sha256: filesHash,
          created_at: now,
        })
        .returning("id");
      const outcome = await work.change(
        {
          type,
          actor: toActor(caller),
          object: version,
          from: [resource],
          outcome: "done",
          data: { number, rows: answer.rows, contentHash: answer.contentHash, filesHash },
        },
        [expectOne(row), expectOne(copy)],
      );
      if (outcome.kind === "done") return { id: version, resource, number, rows: answer.rows, contentHash: answer.contentHash };
    }
    await vault.drop(version);
    return refuse("CATALOG_LOAD_CONFLICT");
  };

  const ingest = async (
    caller: AuthenticatedActor,
    resource: ResourceView,
    body: AsyncIterable<Uint8Array>,
  ): Promise<LoadedVersion | Refusal> => {
    const version = ids.make("resourceVersion");
    underWay.add(version);
    try {
      const answer = await engine.ingest(
        {
          columns: resource.columns.map(({ name, type, role, nullable }) => ({ name, type, role, nullable: nullable ?? true })),
          subjects: resource.subjects,
          output: await vault.stage(version),
          limits,
        },
        body,
      );
      if (answer.kind === "ingested") return await commit(caller, resource.id, version, answer);
      const { code, line, column, reason } = answer;
      return refuse(code, { ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }), reason });
    } finally {
      // After a commit the files are in their place, and this removes nothing of them.
      await vault.dropStage(version);
      underWay.delete(version);
    }
  };

  return {
    load: async (caller, id, body) => {
      const resource = await resources.resource(id);
      // Only an id is an object of the log; any other text is the caller's own.
      const attempt = { type, actor: toActor(caller), object: isId("resource", id) ? id : caller.id };
      const no = async (refusal: Refusal): Promise<Refusal> => {
        const { line, column } = refusal.detail ?? {};
        // Only declared names: whatever else an ingest process calls a column came out of the file.
        const declared = resource?.columns.some(({ name }) => name === column) === true;
        await work.record({
          ...attempt,
          outcome: "refused",
          code: refusal.code,
          data: {
            ...(typeof line === "number" ? { line } : {}),
            ...(declared && typeof column === "string" ? { column } : {}),
          },
        });
        return refusal;
      };
      if (resource === undefined) return no(refuse("CATALOG_RESOURCE_NOT_FOUND"));
      const relations = resource.sourceUnit === caller.organisation ? (["own"] as const) : [];
      if (!decider.decide(caller.roles, "load", "resource", relations)) return no(refuse("CATALOG_NOT_OWN_SOURCE_UNIT"));
      let answer: LoadedVersion | Refusal;
      try {
        answer = await ingest(caller, resource, body);
      } catch (error) {
        // Where the store itself is gone this cannot be recorded either; the first fault is the one to tell.
        await work.record({ ...attempt, outcome: "failed" }).catch(() => undefined);
        throw error;
      }
      return "code" in answer ? no(answer) : answer;
    },
  };
}
