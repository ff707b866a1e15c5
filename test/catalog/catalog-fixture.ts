import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Test } from "tap";
import { type EventEnvelope, parseLeaf } from "../../src/audit/event.ts";
import { type Catalog, createCatalog } from "../../src/catalog/index.ts";
import { createDiskMeasure, createDiskSpace, type MeasureDisk } from "../../src/cluster/index.ts";
import type { Engine } from "../../src/engine/index.ts";
import type { AuthenticatedActor } from "../../src/identity/index.ts";
import { personColumns, personSubjects } from "../engine/engine-fixture.ts";
import { joinTestGateway } from "../support/gateway.ts";
import { openTestIdentity, type TestIdentity } from "../support/identity.ts";
import { expectValue } from "../support/value.ts";

export interface TestCatalog extends TestIdentity {
  readonly catalog: Catalog;
  readonly steward: AuthenticatedActor;
  readonly otherSteward: AuthenticatedActor;
  /** Every event so far, in order of arrival, as its leaf says. */
  events(): Promise<readonly EventEnvelope[]>;
  newFamily(title: string): Promise<string>;
  /** Below the vault: where this catalogue's gateway writes. */
  readonly holder: string;
  /** The same catalogue as another process would open it, over the same store and folder. */
  reopen(over?: object): Catalog;
}

/** For tests that load nothing. */
type CatalogEngine = Pick<Engine, "ingest" | "check" | "sample">;

const loadsNothing = async (): Promise<never> => {
  throw new Error("this test loads nothing");
};
export const noEngine: CatalogEngine = { ingest: loadsNothing, check: loadsNothing, sample: loadsNothing };

/** The catalogue over a real store, with the stewards of two source units signed in. */
export async function openTestCatalog(
  t: Test,
  engine: CatalogEngine = noEngine,
  over: object = {},
  measure?: MeasureDisk,
): Promise<TestCatalog> {
  const base = await openTestIdentity(t);
  const { ingest: limits, storage: marks } = JSON.parse(
    await readFile(join(import.meta.dirname, "../../config/default.json"), "utf8"),
  );
  const membership = await joinTestGateway(t, base);
  // No test depends on how full the disk is on which it runs.
  const none = { lowFreeBytes: 0, lowFreePercent: 0, criticalFreeBytes: 0, criticalFreePercent: 0, checkMs: 1000 };
  const space =
    measure === undefined
      ? createDiskSpace({ marks: none, measure: createDiskMeasure(base.dataDir), log: () => undefined })
      : createDiskSpace({ marks, measure, log: () => undefined });
  const reopen = (more: object = {}) =>
    createCatalog({ ...base, engine, limits: { ...limits, ...over, ...more }, membership, space });
  const catalog = reopen();
  await base.populate("source-unit", "省医保局", { steward: ["data-steward"] });
  await base.populate("source-unit", "省税务局", { "other-steward": ["data-steward"] });
  const steward = await base.signIn("steward");
  return {
    ...base,
    catalog,
    steward,
    otherSteward: await base.signIn("other-steward"),
    events: async () => {
      const rows = await base.store.db.selectFrom("audit_event").select("leaf").orderBy("arrival").execute();
      return rows.map(({ leaf }) => parseLeaf(leaf));
    },
    newFamily: async (title) => expectValue(await catalog.createFamily(steward, { title })).id,
    holder: membership.id,
    reopen,
  };
}

/** Declares a table of the engine fixture's persons, another one at each call; gives its id. */
export async function personResources({ catalog, steward, newFamily }: TestCatalog): Promise<() => Promise<string>> {
  const family = await newFamily("居民");
  let declared = 0;
  return async () => {
    const name = `person_${++declared}`;
    const declaration = { family, name, title: "人口", grade: "general-3", columns: personColumns, subjects: personSubjects };
    return expectValue(await catalog.declareResource(steward, declaration)).id;
  };
}

export const visitDeclaration = {
  name: "visit",
  title: "就诊",
  grade: "general-3",
  columns: [
    { name: "id_card", type: "VARCHAR", role: "identifier", nullable: false },
    { name: "doctor", type: "VARCHAR", role: "identifier" },
    { name: "phone", type: "VARCHAR", role: "identifier" },
    { name: "hospital", type: "INTEGER", role: "attribute" },
    { name: "day", type: "DATE", role: "quasi-identifier" },
    { name: "cost", type: "DECIMAL(12,2)", role: "measure", grid: 10 },
    { name: "note", type: "VARCHAR", role: "free-text" },
  ],
  subjects: [
    { kind: "person", column: "id_card", unique: false },
    { kind: "person", column: "doctor", unique: false },
  ],
} as const;
