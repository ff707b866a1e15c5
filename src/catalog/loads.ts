import type { CheckRequest } from "../engine/index.ts";
import { type AuthenticatedActor, toActor } from "../identity/index.ts";
import { isId, isRefusal, type Refusal, refuse } from "../kernel/index.ts";
import type { CatalogContext } from "./context.ts";
import { parseHandInFormat } from "./hand-in-format.ts";
import type { CatalogRefusalCode } from "./refusals.ts";
import type { Resources, ResourceView } from "./resources.ts";
import { createStoreVersion, type LoadedVersion } from "./store-version.ts";
import type { StoredVersion, Versions } from "./versions.ts";

/** How a file is to be read, and what becomes of it. */
export interface HandIn {
  /** A media type: `text/csv; charset=gb18030`. UTF-8 where it names no charset. */
  readonly contentType: string;
  /** `append`: the new version is the expected one's rows, then the file's. */
  readonly mode: "replace" | "append";
  /** Id of the version that must be the newest, still when this one is stored. An append needs it. */
  readonly expected?: string | undefined;
}

export interface Loads {
  /**
   * A file as a new immutable version. It is validated whole before anything is kept; a bad file
   * is refused with line, column and reason. Loads of one resource side by side get consecutive
   * numbers. The answer may speak of the caller's own file, the event never quotes it.
   */
  load(
    caller: AuthenticatedActor,
    resource: string,
    body: AsyncIterable<Uint8Array>,
    handIn?: HandIn,
  ): Promise<LoadedVersion | Refusal>;
}

const plainCsv: HandIn = { contentType: "text/csv", mode: "replace" };

/** A hand-in that may begin: what the engine is asked, but for the folder. */
interface Prepared {
  readonly request: Omit<CheckRequest, "output">;
  readonly expected: StoredVersion | undefined;
}

export function createLoads(context: CatalogContext, resources: Pick<Resources, "resource">, versions: Versions): Loads {
  const { work, ids, decider, engine, vault, limits } = context;
  const store = createStoreVersion(context);

  const prepare = async (resource: ResourceView, handIn: HandIn): Promise<Prepared | Refusal<CatalogRefusalCode>> => {
    const format = parseHandInFormat(handIn.contentType);
    if (isRefusal(format)) return format;
    const appends = handIn.mode === "append";
    if (appends && handIn.expected === undefined) return refuse("CATALOG_EXPECTED_VERSION_MISSING");
    const expected = handIn.expected === undefined ? undefined : await versions.newestVersion(resource.id);
    if (handIn.expected !== undefined && expected?.version !== handIn.expected) return refuse("CATALOG_VERSION_CHANGED");
    const folders = appends ? (expected?.folders ?? []) : [];
    if (folders.length > limits.maxAppends) return refuse("CATALOG_APPENDED_TOO_OFTEN", { limit: limits.maxAppends });
    const columns = resource.columns.map(({ name, type, role, nullable }) => ({ name, type, role, nullable: nullable ?? true }));
    const files = (await Promise.all(folders.map((folder) => vault.files(folder)))).flat();
    const base = appends && expected !== undefined ? { files, rows: expected.rows } : undefined;
    return { request: { format, columns, subjects: resource.subjects, limits, base }, expected };
  };

  const ingest = async (
    caller: AuthenticatedActor,
    resource: ResourceView,
    body: AsyncIterable<Uint8Array>,
    handIn: HandIn,
  ): Promise<LoadedVersion | Refusal> => {
    const prepared = await prepare(resource, handIn);
    if (isRefusal(prepared)) return prepared;
    const { request, expected } = prepared;
    const version = ids.make("resourceVersion");
    try {
      const answer = await engine.ingest({ ...request, output: await vault.stage(version) }, body);
      if (answer.kind === "ingested")
        return await store(caller, {
          id: version,
          resource: resource.id,
          ingested: answer,
          expected,
          appends: handIn.mode === "append",
        });
      const { code, line, row, column, reason } = answer;
      return refuse(code, {
        ...(line === undefined ? {} : { line }),
        ...(row === undefined ? {} : { row }),
        ...(column === undefined ? {} : { column }),
        reason,
      });
    } finally {
      // After a commit the files are in their place, and this removes nothing of them.
      await vault.dropStage(version);
    }
  };

  return {
    load: async (caller, id, body, handIn = plainCsv) => {
      const resource = await resources.resource(id);
      // Only an id is an object of the log; any other text is the caller's own.
      const attempt = {
        type: "resource-version.loaded",
        actor: toActor(caller),
        object: isId("resource", id) ? id : caller.id,
      } as const;
      const no = async (refusal: Refusal): Promise<Refusal> => {
        const { line, row, column } = refusal.detail ?? {};
        // Only declared names: whatever else an ingest process calls a column came out of the file.
        const declared = resource?.columns.some(({ name }) => name === column) === true;
        await work.record({
          ...attempt,
          outcome: "refused",
          code: refusal.code,
          data: {
            ...(typeof line === "number" ? { line } : {}),
            ...(typeof row === "number" ? { row } : {}),
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
        answer = await ingest(caller, resource, body, handIn);
      } catch (error) {
        // Where the store itself is gone this cannot be recorded either; the first fault is the one to tell.
        await work.record({ ...attempt, outcome: "failed" }).catch(() => undefined);
        throw error;
      }
      return isRefusal(answer) ? no(answer) : answer;
    },
  };
}
