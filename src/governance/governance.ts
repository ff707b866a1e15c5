import type { Selectable } from "kysely";
import { expectOne, type UnitOfWork } from "../audit/index.ts";
import { type Catalog, parsePlainText } from "../catalog/index.ts";
import { type AuthenticatedActor, toActor } from "../identity/index.ts";
import {
  type Clock,
  canonicalJson,
  type Ids,
  isRefusal,
  type JsonValue,
  parseCivilDate,
  type Refusal,
  refuse,
  sha256Hex,
  startOfDay,
  termWithinYears,
} from "../kernel/index.ts";
import type { AgreementSchema, Decider, Relation, ReleaseRules } from "../policy/index.ts";
import type { AgreementState, Store, Tables } from "../store/index.ts";
import { statesBefore } from "./agreement-states.ts";
import type { GovernanceRefusalCode } from "./refusals.ts";
import { completeRules, type ReleaseRulesRequest } from "./release-rules.ts";
import { resolveScope, type ScopedTable, type ScopeRequest, schemaOf } from "./scope.ts";

/** Longest term of an agreement (Art. 17). */
const maxTermYears = 3;

export interface DraftRequest {
  readonly scenario: string;
  readonly purpose: string;
  readonly operator: string;
  readonly agency: string;
  /** Civil days, Asia/Shanghai; the term is half-open: nothing runs on `endsOn`. */
  readonly startsOn: string;
  readonly endsOn: string;
  readonly scope: { readonly resources: readonly ScopeRequest[] };
  readonly releaseRules?: ReleaseRulesRequest | undefined;
}

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

export interface AgreementScope {
  readonly agreement: string;
  readonly version: string;
  readonly digest: string;
  readonly schema: AgreementSchema;
  readonly rules: ReleaseRules;
  readonly tables: readonly ScopedTable[];
}

type Refused = Refusal<GovernanceRefusalCode>;

/** Agreements (授权运营协议) from draft to end. Every question about the present reads the store anew. */
export interface Governance {
  draft(caller: AuthenticatedActor, request: DraftRequest): Promise<AgreementView | Refused>;
  approve(caller: AuthenticatedActor, id: string): Promise<AgreementView | Refused>;
  activate(caller: AuthenticatedActor, id: string): Promise<AgreementView | Refused>;
  terminate(
    caller: AuthenticatedActor,
    request: { readonly agreement: string; readonly reason: string },
  ): Promise<AgreementView | Refused>;
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
  /** Ends agreements whose term is over; until then they are already out of force. */
  expireDue(): Promise<number>;
}

type Row = Selectable<Tables["agreement"]>;

export function createGovernance(deps: {
  readonly store: Store;
  readonly work: UnitOfWork;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly decider: Decider;
  readonly catalog: Pick<Catalog, "resource">;
  readonly floor: ReleaseRules;
}): Governance {
  const { store, work, ids, clock, decider } = deps;
  const { db } = store;

  const no = async (caller: AuthenticatedActor, type: string, refusal: Refused, object: string = caller.id): Promise<Refused> => {
    await work.record({ type, actor: toActor(caller), object, outcome: "refused", code: refusal.code });
    return refusal;
  };

  const relationsTo: Governance["relationsTo"] = (caller, { operator, agency }, author) => [
    ...(operator === caller.organisation ? (["own"] as const) : (["not-operator"] as const)),
    ...(agency === caller.organisation ? (["agency"] as const) : []),
    ...(author === caller.id ? [] : (["not-author"] as const)),
  ];
  const relationsOf = (caller: AuthenticatedActor, row: Row) =>
    relationsTo(caller, { operator: row.operator_id, agency: row.agency_id }, row.author_id);

  const load = (id: string): Promise<Row | undefined> =>
    db.selectFrom("agreement").selectAll().where("id", "=", id).executeTakeFirst();
  const holdsNow = (row: Pick<Row, "state" | "starts_at" | "ends_at">): boolean => {
    const now = clock.now();
    return row.state === "in-force" && row.starts_at <= now && now < row.ends_at;
  };

  const view = async (row: Row): Promise<AgreementView> => {
    const version = await db
      .selectFrom("agreement_version")
      .selectAll()
      .where("id", "=", row.version_id)
      .executeTakeFirstOrThrow();
    return {
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
      schema: schemaOf(version.scope as unknown as readonly ScopedTable[]),
      releaseRules: version.release_rules as unknown as ReleaseRules,
    };
  };
  const viewById = async (id: string): Promise<AgreementView> =>
    view(await db.selectFrom("agreement").selectAll().where("id", "=", id).executeTakeFirstOrThrow());

  const checkParties = async (request: DraftRequest): Promise<Refused | undefined> => {
    const rows = await db
      .selectFrom("organisation")
      .select(["id", "kind"])
      .where("id", "in", [request.operator, request.agency])
      .execute();
    const kindOf = (id: string) => rows.find((row) => row.id === id)?.kind;
    if (kindOf(request.operator) !== "operator") return refuse("AGREEMENT_PARTY_INVALID", { party: "operator" });
    if (kindOf(request.agency) !== "agency") return refuse("AGREEMENT_PARTY_INVALID", { party: "agency" });
    return undefined;
  };

  const checkTerm = (request: DraftRequest): { readonly startsAt: Date; readonly endsAt: Date } | Refused => {
    const [start, end] = [parseCivilDate(request.startsOn), parseCivilDate(request.endsOn)];
    if (start === undefined || end === undefined) return refuse("AGREEMENT_DAY_INVALID", { accepted: "2026-01-31" });
    if (end <= start) return refuse("AGREEMENT_TERM_EMPTY");
    if (!termWithinYears(start, end, maxTermYears)) return refuse("AGREEMENT_TERM_TOO_LONG", { years: maxTermYears });
    return { startsAt: startOfDay(start), endsAt: startOfDay(end) };
  };

  /** Moves an agreement the caller may act on from the states that allow it; anything else is a refusal, recorded. */
  const move = async (
    caller: AuthenticatedActor,
    id: string,
    step: { readonly action: string; readonly to: AgreementState; readonly type: string; readonly reason?: string | undefined },
  ): Promise<AgreementView | Refused> => {
    const row = await load(id);
    if (row === undefined || !decider.decide(caller.roles, "read", "agreement", relationsOf(caller, row)))
      return no(caller, step.type, refuse("AGREEMENT_NOT_FOUND"), id.slice(0, 64));
    if (!decider.decide(caller.roles, step.action, "agreement", relationsOf(caller, row)))
      return no(caller, step.type, refuse("AGREEMENT_OWN_DRAFT"), id);
    if (step.to !== "ended" && row.ends_at <= clock.now()) return no(caller, step.type, refuse("AGREEMENT_ALREADY_OVER"), id);
    const update = db
      .updateTable("agreement")
      .set({ state: step.to, ...(step.to === "ended" ? { ended_at: clock.now(), end_reason: step.reason ?? null } : {}) })
      .where("id", "=", id)
      .where("state", "in", [...statesBefore(step.to)])
      .returning("id");
    const outcome = await work.change(
      {
        type: step.type,
        actor: toActor(caller),
        object: id,
        links: { version: row.version_id, operator: row.operator_id, agency: row.agency_id },
        outcome: "done",
      },
      [expectOne(update)],
    );
    if (outcome.kind === "done") return viewById(id);
    return no(
      caller,
      step.type,
      refuse(outcome.constraint === "agreement_one_in_force" ? "AGREEMENT_SCENARIO_TAKEN" : "AGREEMENT_NOT_IN_THAT_STATE"),
      id,
    );
  };

  return {
    relationsTo,
    draft: async (caller, request) => {
      const type = "agreement.drafted";
      if (!decider.decide(caller.roles, "draft", "agreement", relationsTo(caller, request)))
        return no(caller, type, refuse("AGREEMENT_PARTY_INVALID", { party: "one of them must be the caller's" }));
      const [scenario, purpose] = [parsePlainText(request.scenario), parsePlainText(request.purpose, 2000)];
      if (scenario === undefined || purpose === undefined) return no(caller, type, refuse("AGREEMENT_TEXT_INVALID"));
      const badParty = await checkParties(request);
      if (badParty !== undefined) return no(caller, type, badParty);
      const term = checkTerm(request);
      if (isRefusal(term)) return no(caller, type, term as Refused);
      const rules = completeRules(request.releaseRules, deps.floor);
      if (isRefusal(rules)) return no(caller, type, rules as Refused);
      const scope = await resolveScope(request.scope.resources, deps.catalog);
      if (isRefusal(scope)) return no(caller, type, scope as Refused);
      const { startsAt, endsAt } = term as { readonly startsAt: Date; readonly endsAt: Date };
      const [id, version] = [ids.make("agreement"), ids.make("agreementVersion")];
      const binding = {
        scenario,
        purpose,
        operator: request.operator,
        agency: request.agency,
        startsAt: startsAt.toISOString(),
        endsAt: endsAt.toISOString(),
        scope,
        rules,
      };
      const digest = sha256Hex(canonicalJson(JSON.parse(JSON.stringify(binding)) as JsonValue));
      const now = clock.now();
      const tables = scope as readonly ScopedTable[];
      await work.change(
        {
          type,
          actor: toActor(caller),
          object: id,
          from: tables.map(({ resource }) => resource),
          links: { version, operator: request.operator, agency: request.agency },
          outcome: "done",
          data: { digest, startsAt: binding.startsAt, endsAt: binding.endsAt },
        },
        [
          expectOne(
            db
              .insertInto("agreement")
              .values({
                id,
                scenario,
                purpose,
                operator_id: request.operator,
                agency_id: request.agency,
                state: "draft",
                starts_at: startsAt,
                ends_at: endsAt,
                version_id: version,
                author_id: caller.id,
                created_at: now,
                end_reason: null,
              })
              .returning("id"),
          ),
          expectOne(
            db
              .insertInto("agreement_version")
              .values({
                id: version,
                agreement_id: id,
                number: 1,
                scope: JSON.stringify(scope),
                release_rules: JSON.stringify(rules),
                digest,
                created_at: now,
              })
              .returning("id"),
          ),
        ],
      );
      return viewById(id);
    },
    approve: (caller, id) => move(caller, id, { action: "approve", to: "approved", type: "agreement.approved" }),
    activate: (caller, id) => move(caller, id, { action: "activate", to: "in-force", type: "agreement.activated" }),
    terminate: (caller, { agreement, reason }) => {
      const text = parsePlainText(reason, 2000);
      return text === undefined
        ? no(caller, "agreement.ended", refuse("AGREEMENT_TEXT_INVALID"), agreement.slice(0, 64))
        : move(caller, agreement, { action: "terminate", to: "ended", type: "agreement.ended", reason: text });
    },
    list: async (caller) => {
      const rows = await db.selectFrom("agreement").selectAll().orderBy("id").execute();
      return Promise.all(
        rows.filter((row) => decider.decide(caller.roles, "read", "agreement", relationsOf(caller, row))).map(view),
      );
    },
    findForActor: async (caller, id) => {
      const row = await load(id);
      return row === undefined || !decider.decide(caller.roles, "read", "agreement", relationsOf(caller, row))
        ? refuse("AGREEMENT_NOT_FOUND")
        : view(row);
    },
    inForce: async (id) => {
      const row = await load(id);
      return row !== undefined && holdsNow(row);
    },
    parties: async (id) => {
      const row = await load(id);
      return row === undefined ? undefined : { operator: row.operator_id, agency: row.agency_id };
    },
    scopeOf: async (version) => {
      const row = await db.selectFrom("agreement_version").selectAll().where("id", "=", version).executeTakeFirst();
      if (row === undefined) return refuse("AGREEMENT_NOT_FOUND");
      const tables = row.scope as unknown as readonly ScopedTable[];
      return {
        agreement: row.agreement_id,
        version: row.id,
        digest: row.digest,
        schema: schemaOf(tables),
        rules: row.release_rules as unknown as ReleaseRules,
        tables,
      };
    },
    expireDue: async () => {
      const due = await db
        .selectFrom("agreement")
        .select("id")
        .where("state", "=", "in-force")
        .where("ends_at", "<=", clock.now())
        .execute();
      let ended = 0;
      for (const { id } of due) {
        const update = db
          .updateTable("agreement")
          .set({ state: "ended", ended_at: clock.now(), end_reason: "term over (Art. 18)" })
          .where("id", "=", id)
          .where("state", "=", "in-force")
          .returning("id");
        const outcome = await work.change(
          {
            type: "agreement.ended",
            actor: { kind: "system", component: "governance" },
            object: id,
            outcome: "done",
            code: "AGREEMENT_ALREADY_OVER",
          },
          [expectOne(update)],
        );
        if (outcome.kind === "done") ended++;
      }
      return ended;
    },
  };
}
