import type { CheckRequest } from "../engine/index.ts";
import type { AuthenticatedActor } from "../identity/index.ts";
import { isRefusal, type Refusal, refuse } from "../kernel/index.ts";
import type { CatalogContext } from "./context.ts";
import { parseHandInFormat } from "./hand-in-format.ts";
import type { CatalogRefusalCode } from "./refusals.ts";
import type { Resources, ResourceView } from "./resources.ts";
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

/** A hand-in that may begin: what the engine is asked, but for the folder. */
export interface PreparedHandIn {
  readonly request: Omit<CheckRequest, "output">;
  readonly expected: StoredVersion | undefined;
  readonly appends: boolean;
}

type Refused = Refusal<CatalogRefusalCode>;

export interface HandIns {
  /** The resource, where the caller may hand data of it in. */
  resourceOf(caller: AuthenticatedActor, id: string): Promise<ResourceView | Refused>;
  prepare(resource: ResourceView, handIn: HandIn): Promise<PreparedHandIn | Refused>;
}

export function createHandIns(
  { decider, vault, limits }: CatalogContext,
  resources: Pick<Resources, "resource">,
  versions: Versions,
): HandIns {
  return {
    resourceOf: async (caller, id) => {
      const resource = await resources.resource(id);
      if (resource === undefined) return refuse("CATALOG_RESOURCE_NOT_FOUND");
      const relations = resource.sourceUnit === caller.organisation ? (["own"] as const) : [];
      if (!decider.decide(caller.roles, "load", "resource", relations)) return refuse("CATALOG_NOT_OWN_SOURCE_UNIT");
      return resource;
    },
    prepare: async (resource, handIn) => {
      const format = parseHandInFormat(handIn.contentType);
      if (isRefusal(format)) return format;
      const appends = handIn.mode === "append";
      if (appends && handIn.expected === undefined) return refuse("CATALOG_EXPECTED_VERSION_MISSING");
      const expected = handIn.expected === undefined ? undefined : await versions.newestVersion(resource.id);
      if (handIn.expected !== undefined && expected?.version !== handIn.expected) return refuse("CATALOG_VERSION_CHANGED");
      const folders = appends ? (expected?.folders ?? []) : [];
      if (folders.length > limits.maxAppends) return refuse("CATALOG_APPENDED_TOO_OFTEN", { limit: limits.maxAppends });
      const columns = resource.columns.map(({ name, type, role, nullable }) => ({
        name,
        type,
        role,
        nullable: nullable ?? true,
      }));
      const files = (await Promise.all(folders.map((folder) => vault.files(folder)))).flat();
      const base = appends && expected !== undefined ? { files, rows: expected.rows } : undefined;
      return { request: { format, columns, subjects: resource.subjects, keys: resource.keys, limits, base }, expected, appends };
    },
  };
}
