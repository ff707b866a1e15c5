import type { Selectable } from "kysely";
import type { AuthenticatedActor } from "../identity/index.ts";
import { isId, refuse } from "../kernel/index.ts";
import type { AgreementSchema, Relation, ReleaseRules } from "../policy/index.ts";
import type { AgreementState, Tables } from "../store/index.ts";
import type { GovernanceContext, Refused } from "./context.ts";
import { type ScopedTable, schemaOf } from "./scope.ts";
import { termCovers } from "./term.ts";

export interface AgreementView {
  readonly id: string;
  readonly scenario: string;
  readonly purpose: string;
  readonly operator: string;
  readonly agency: string;
  readonly state: AgreementState;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly version: { readonly id: string; readonly number: number; readonly digest: string };
  /** Whether jobs may run under it at this instant. */
  readonly inForce: boolean;
  /** What a statement sees. */
  readonly schema: AgreementSchema;
  readonly releaseRules: ReleaseRules;
}

/** What one version binds, for compiling and provisioning. */
export interface AgreementScope {
  readonly agreement: string;
  readonly version: string;
  readonly digest: string;
  readonly schema: AgreementSchema;
  readonly rules: ReleaseRules;
  readonly tables: readonly ScopedTable[];
}

/** Questions about agreements. Each reads the store anew: what was true a moment ago grants nothing. */
export interface Agreements {
  list(caller: AuthenticatedActor): Promise<readonly AgreementView[]>;
  /** An agreement the caller may read; any other looks absent. */
  findForActor(caller: AuthenticatedActor, id: string): Promise<AgreementView | Refused>;
  /** In force and within its term at this instant. */
  inForce(id: string): Promise<boolean>;
  scopeOf(version: string): Promise<AgreementScope | Refused>;
  /** What holds between a caller and an agreement's objects. */
  relationsTo(
    caller: AuthenticatedActor,
    agreement: { readonly operator: string; readonly agency: string },
    author?: string,
  ): readonly Relation[];
  parties(id: string): Promise<{ readonly operator: string; readonly agency: string } | undefined>;
}

export type AgreementRow = Selectable<Tables["agreement"]>;
type VersionRow = Selectable<Tables["agreement_version"]>;

/** The same questions inside the folder, with the row that answered. */
export interface AgreementReader extends Agreements {
  /** The row, where the caller may read it. */
  readable(caller: AuthenticatedActor, id: string): Promise<AgreementRow | undefined>;
  relationsOf(caller: AuthenticatedActor, row: AgreementRow): readonly Relation[];
  view(id: string): Promise<AgreementView>;
}

const scopeIn = (row: VersionRow) => row.scope as unknown as readonly ScopedTable[];
const rulesIn = (row: VersionRow) => row.release_rules as unknown as ReleaseRules;

export function createAgreements({ store, clock, decider }: GovernanceContext): AgreementReader {
  const { db } = store;

  const relationsTo: Agreements["relationsTo"] = (caller, { operator, agency }, author) => [
    ...(operator === caller.organisation ? (["own"] as const) : (["not-operator"] as const)),
    ...(agency === caller.organisation ? (["agency"] as const) : []),
    ...(author === caller.id ? [] : (["not-author"] as const)),
  ];
  const relationsOf = (caller: AuthenticatedActor, row: AgreementRow) =>
    relationsTo(caller, { operator: row.operator_id, agency: row.agency_id }, row.author_id);
  const mayRead = (caller: AuthenticatedActor, row: AgreementRow) =>
    decider.decide(caller.roles, "read", "agreement", relationsOf(caller, row));

  // Text that is no id never reaches the store, which refuses some texts with an error.
  const load = async (id: string): Promise<AgreementRow | undefined> =>
    isId("agreement", id) ? db.selectFrom("agreement").selectAll().where("id", "=", id).executeTakeFirst() : undefined;
  const loadVersion = (id: string): Promise<VersionRow | undefined> =>
    db.selectFrom("agreement_version").selectAll().where("id", "=", id).executeTakeFirst();
  const readable: AgreementReader["readable"] = async (caller, id) => {
    const row = await load(id);
    return row !== undefined && mayRead(caller, row) ? row : undefined;
  };

  const holdsNow = (row: AgreementRow): boolean =>
    row.state === "in-force" && termCovers({ startsAt: row.starts_at, endsAt: row.ends_at }, clock.now());

  const toView = (row: AgreementRow, version: VersionRow): AgreementView => ({
    id: row.id,
    scenario: row.scenario,
    purpose: row.purpose,
    operator: row.operator_id,
    agency: row.agency_id,
    state: row.state,
    startsAt: row.starts_at.toISOString(),
    endsAt: row.ends_at.toISOString(),
    version: { id: version.id, number: version.number, digest: version.digest },
    inForce: holdsNow(row),
    schema: schemaOf(scopeIn(version)),
    releaseRules: rulesIn(version),
  });
  const viewsOf = async (rows: readonly AgreementRow[]): Promise<readonly AgreementView[]> => {
    if (rows.length === 0) return [];
    const found = await db
      .selectFrom("agreement_version")
      .selectAll()
      .where(
        "id",
        "in",
        rows.map((row) => row.version_id),
      )
      .execute();
    const versions = new Map(found.map((version) => [version.id, version]));
    return rows.flatMap((row) => {
      const version = versions.get(row.version_id);
      return version === undefined ? [] : [toView(row, version)];
    });
  };

  return {
    relationsTo,
    relationsOf,
    readable,
    view: async (id) => {
      const row = await db.selectFrom("agreement").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
      const version = db.selectFrom("agreement_version").selectAll().where("id", "=", row.version_id);
      return toView(row, await version.executeTakeFirstOrThrow());
    },
    list: async (caller) => {
      const rows = await db.selectFrom("agreement").selectAll().orderBy("id").execute();
      return viewsOf(rows.filter((row) => mayRead(caller, row)));
    },
    findForActor: async (caller, id) => {
      const row = await readable(caller, id);
      const version = row === undefined ? undefined : await loadVersion(row.version_id);
      return row === undefined || version === undefined ? refuse("AGREEMENT_NOT_FOUND") : toView(row, version);
    },
    inForce: async (id) => {
      const row = await load(id);
      return row !== undefined && holdsNow(row);
    },
    parties: async (id) => {
      const row = await load(id);
      return row === undefined ? undefined : { operator: row.operator_id, agency: row.agency_id };
    },
    scopeOf: async (id) => {
      const version = isId("agreementVersion", id) ? await loadVersion(id) : undefined;
      if (version === undefined) return refuse("AGREEMENT_NOT_FOUND");
      return {
        agreement: version.agreement_id,
        version: version.id,
        digest: version.digest,
        schema: schemaOf(scopeIn(version)),
        rules: rulesIn(version),
        tables: scopeIn(version),
      };
    },
  };
}
