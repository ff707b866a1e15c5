import type { IngestChecked, IngestProblem } from "../engine/index.ts";
import { type AuthenticatedActor, toActor } from "../identity/index.ts";
import { isId, isRefusal, type Refusal } from "../kernel/index.ts";
import type { CatalogContext } from "./context.ts";
import type { HandIn, HandIns, PreparedHandIn } from "./hand-in.ts";
import { type ReadBody, refusalOf } from "./readings.ts";
import { type Attempt, recorded } from "./recorded.ts";
import type { ResourceView } from "./resources.ts";
import type { Staged } from "./staged.ts";
import type { LoadedVersion, StoreVersion } from "./store-version.ts";

/** What a file would be told, were it handed in. */
export interface Validation {
  readonly resource: string;
  readonly valid: boolean;
  /** Rows read, those with problems included. */
  readonly rows: number;
  /** The first 100: places and rules, never values. Keys that repeat are looked for where there is no other problem. */
  readonly problems: readonly (Omit<IngestProblem, "code"> & { readonly rule: IngestProblem["code"] })[];
  /** Of the version it would become. */
  readonly profile?: IngestChecked["profile"];
}

type Body = AsyncIterable<Uint8Array>;

export interface Loads {
  /**
   * A file as a new immutable version. It is validated whole before anything is kept; a bad file
   * is refused with line, column and reason. Loads of one resource side by side get consecutive
   * numbers. The answer may speak of the caller's own file, the event never quotes it.
   */
  load(caller: AuthenticatedActor, resource: string, body: Body, handIn?: HandIn): Promise<LoadedVersion | Refusal>;
  /** The same without keeping anything: the first problems, or the profile it would have. */
  validate(caller: AuthenticatedActor, resource: string, body: Body, handIn?: HandIn): Promise<Validation | Refusal>;
}

const plainCsv: HandIn = { contentType: "text/csv", mode: "replace" };

/** What says nothing of the file itself is a refusal of the check, not a finding of it. */
const outsideTheFile: readonly string[] = [
  "CATALOG_FILE_INCOMPLETE",
  "CATALOG_FILE_TIMEOUT",
  "CATALOG_DISK_FULL",
  "CATALOG_DISK_LOW",
];

export function createLoads(
  context: CatalogContext,
  deps: {
    readonly handIns: HandIns;
    readonly readBody: ReadBody;
    readonly storeVersion: StoreVersion;
    readonly staged: Staged;
  },
): Loads {
  const { work, engine } = context;
  const { handIns, readBody, storeVersion, staged } = deps;

  /** The way of every file: whose resource, how to read it, a slot, a folder; refusals are recorded. */
  const handledIn = async <T>(
    type: Attempt["type"],
    { caller, id, body, handIn }: { caller: AuthenticatedActor; id: string; body: Body; handIn: HandIn },
    task: (resource: ResourceView, prepared: PreparedHandIn, body: Body, version: string, output: string) => Promise<T | Refusal>,
  ): Promise<T | Refusal> => {
    const resource = await handIns.resourceOf(caller, id);
    // Only an id is an object of the log; any other text is the caller's own.
    const attempt = { type, actor: toActor(caller), object: isId("resource", id) ? id : caller.id };
    return recorded<T>(context, attempt, isRefusal(resource) ? [] : resource.columns, async () => {
      if (isRefusal(resource)) return resource;
      const prepared = await handIns.prepare(resource, handIn);
      if (isRefusal(prepared)) return prepared;
      return readBody<T>(caller, body, (steady) =>
        staged((version, output) => task(resource, prepared, steady, version, output)),
      );
    });
  };

  return {
    load: (caller, id, body, handIn = plainCsv) =>
      handledIn<LoadedVersion>(
        "resource-version.loaded",
        { caller, id, body, handIn },
        async (resource, { request, expected, appends }, steady, version, output) => {
          const ingested = await engine.ingest({ ...request, output }, steady);
          if (ingested.kind === "refused") return refusalOf(ingested);
          return storeVersion(caller, { id: version, resource: resource.id, ingested, expected, appends });
        },
      ),
    validate: (caller, id, body, handIn = plainCsv) =>
      handledIn<Validation>(
        "resource-version.validated",
        { caller, id, body, handIn },
        async (resource, { request, expected }, steady, _version, output) => {
          const answer = await engine.check({ ...request, output }, steady);
          if (answer.kind === "refused" && outsideTheFile.includes(answer.code)) return refusalOf(answer);
          const { rows, problems, profile } =
            answer.kind === "checked" ? answer : { rows: 0, problems: [answer], profile: undefined };
          await work.record({
            type: "resource-version.validated",
            actor: toActor(caller),
            object: resource.id,
            from: expected === undefined ? [] : [expected.version],
            outcome: "done",
            data: { rows, problems: problems.length },
          });
          return {
            resource: resource.id,
            valid: problems.length === 0,
            rows,
            problems: problems.map(({ code, line, row, column, reason }) => ({ rule: code, line, row, column, reason })),
            profile,
          };
        },
      ),
  };
}
