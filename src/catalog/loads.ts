import { expectOne } from "../audit/index.ts";
import { type AuthenticatedActor, toActor } from "../identity/index.ts";
import { type Refusal, refuse } from "../kernel/index.ts";
import type { CatalogContext } from "./context.ts";
import type { CatalogRefusalCode } from "./refusals.ts";
import type { Resources } from "./resources.ts";

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
   * is refused with line, column and reason. The answer may quote the caller's own file, the event
   * never does.
   */
  load(caller: AuthenticatedActor, resource: string, body: AsyncIterable<Uint8Array>): Promise<LoadedVersion | Refusal>;
  /** Removes what loads left that a crash cut off; before the first load of a start. */
  sweepOrphans(): Promise<number>;
}

export function createLoads(context: CatalogContext, resources: Pick<Resources, "resource">): Loads {
  const { store, work, ids, clock, decider, engine, vault, limits } = context;
  const { db } = store;

  const commit = async (
    caller: AuthenticatedActor,
    resource: string,
    version: string,
    answer: Ingested,
  ): Promise<LoadedVersion | Refusal<CatalogRefusalCode>> => {
    const folder = await vault.place(version);
    const newest = await db
      .selectFrom("resource_version")
      .select("number")
      .where("resource_id", "=", resource)
      .orderBy("number", "desc")
      .limit(1)
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
        sha256: answer.contentHash,
        created_at: now,
      })
      .returning("id");
    const outcome = await work.change(
      {
        type: "resource-version.loaded",
        actor: toActor(caller),
        object: version,
        from: [resource],
        outcome: "done",
        data: { number, rows: answer.rows, contentHash: answer.contentHash },
      },
      [expectOne(row), expectOne(copy)],
    );
    if (outcome.kind === "done") return { id: version, resource, number, rows: answer.rows, contentHash: answer.contentHash };
    // Another load of this resource was first with the number: this one is not kept, and may be sent again.
    await vault.drop(version);
    return refuse("CATALOG_LOAD_CONFLICT");
  };

  return {
    load: async (caller, id, body) => {
      const no = async (refusal: Refusal): Promise<Refusal> => {
        const { line, column } = refusal.detail ?? {};
        const place = { ...(typeof line === "number" ? { line } : {}), ...(typeof column === "string" ? { column } : {}) };
        await work.record({
          type: "resource-version.loaded",
          actor: toActor(caller),
          object: id.slice(0, 64),
          outcome: "refused",
          code: refusal.code,
          data: place,
        });
        return refusal;
      };
      const resource = await resources.resource(id);
      if (resource === undefined) return no(refuse("CATALOG_RESOURCE_NOT_FOUND"));
      const relations = resource.sourceUnit === caller.organisation ? (["own"] as const) : [];
      if (!decider.decide(caller.roles, "load", "resource", relations)) return no(refuse("CATALOG_NOT_OWN_SOURCE_UNIT"));
      const version = ids.make("resourceVersion");
      const output = await vault.stage(version);
      try {
        const answer = await engine.ingest(
          {
            columns: resource.columns.map(({ name, type, role, nullable }) => ({ name, type, role, nullable: nullable ?? true })),
            subjects: resource.subjects,
            output,
            limits,
          },
          body,
        );
        if (answer.kind === "ingested") return await commit(caller, resource.id, version, answer);
        const { code, line, column, reason } = answer;
        return await no(
          refuse(code, { ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }), reason }),
        );
      } finally {
        // After a commit the files are in their place, and this removes nothing of them.
        await vault.dropStage(version);
      }
    },
    sweepOrphans: async () => {
      const rows = await db.selectFrom("resource_version").select("id").execute();
      const known = new Set(rows.map((row) => row.id));
      const orphans = await vault.orphans((name) => known.has(name));
      for (const orphan of orphans) {
        await vault.drop(orphan);
        await work.record({
          type: "vault.orphan-removed",
          actor: { kind: "system", component: "catalog" },
          object: orphan,
          outcome: "done",
        });
      }
      return orphans.length;
    },
  };
}

type Ingested = Extract<Awaited<ReturnType<CatalogContext["engine"]["ingest"]>>, { kind: "ingested" }>;
