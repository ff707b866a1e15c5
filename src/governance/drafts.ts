import { expectOne } from "../audit/index.ts";
import { parsePlainText } from "../catalog/index.ts";
import { type AuthenticatedActor, toActor } from "../identity/index.ts";
import { canonicalJson, isId, type JsonValue, refuse, sha256Hex } from "../kernel/index.ts";
import type { ReleaseRules } from "../policy/index.ts";
import type { AgreementReader, AgreementView } from "./agreements.ts";
import { type GovernanceContext, type Refused, recordRefusal } from "./context.ts";
import { GovernanceError } from "./errors.ts";
import { completeRules, type ReleaseRulesRequest } from "./release-rules.ts";
import { resolveScope, type ScopedTable, type ScopeRequest } from "./scope.ts";
import { parseTerm, type TermInstants } from "./term.ts";

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

export interface Drafts {
  /** Writes an agreement and its first version; both are immutable from then on, a change is a new draft. */
  draft(caller: AuthenticatedActor, request: DraftRequest): Promise<AgreementView | Refused>;
}

/** A draft whose every part was found acceptable. */
interface CheckedDraft extends TermInstants {
  readonly scenario: string;
  readonly purpose: string;
  readonly operator: string;
  readonly agency: string;
  readonly rules: ReleaseRules;
  readonly tables: readonly ScopedTable[];
}

/** SHA-256 over everything that binds the parties; what is approved and put in force names it. */
function digestOf(agreement: string, version: string, draft: CheckedDraft): string {
  const { scenario, purpose, operator, agency, rules, tables } = draft;
  const [startsAt, endsAt] = [draft.startsAt.toISOString(), draft.endsAt.toISOString()];
  const binding = { agreement, version, number: 1, scenario, purpose, operator, agency, startsAt, endsAt, rules, tables };
  // As it is stored: absent and undefined are the same in JSON.
  return sha256Hex(canonicalJson(JSON.parse(JSON.stringify(binding)) as JsonValue));
}

export function createDrafts(context: GovernanceContext, agreements: AgreementReader): Drafts {
  const { store, work, ids, clock, decider, catalog, floor } = context;
  const { db } = store;
  const type = "agreement.drafted";

  const checkParties = async ({ operator, agency }: DraftRequest): Promise<Refused | undefined> => {
    // PostgreSQL answers a text with NUL with an error; what is no id of ours is simply not there.
    const ids = [operator, agency].filter((id) => isId("organisation", id));
    const rows =
      ids.length === 0 ? [] : await db.selectFrom("organisation").select(["id", "kind"]).where("id", "in", ids).execute();
    const kindOf = (id: string) => rows.find((row) => row.id === id)?.kind;
    if (kindOf(operator) !== "operator")
      return refuse("AGREEMENT_PARTY_INVALID", { party: "operator", instead: "an organisation of kind operator" });
    if (kindOf(agency) !== "agency")
      return refuse("AGREEMENT_PARTY_INVALID", { party: "agency", instead: "an organisation of kind agency" });
    return undefined;
  };

  const check = async (caller: AuthenticatedActor, request: DraftRequest): Promise<CheckedDraft | Refused> => {
    // First, so that nobody learns here which organisations there are.
    if (!decider.decide(caller.roles, "draft", "agreement", agreements.relationsTo(caller, request)))
      return refuse("AGREEMENT_PARTY_INVALID", { party: "one of them must be the caller's" });
    const [scenario, purpose] = [parsePlainText(request.scenario), parsePlainText(request.purpose, 2000)];
    if (scenario === undefined) return refuse("AGREEMENT_TEXT_INVALID", { text: "scenario", characters: 200 });
    if (purpose === undefined) return refuse("AGREEMENT_TEXT_INVALID", { text: "purpose", characters: 2000 });
    const badParty = await checkParties(request);
    if (badParty !== undefined) return badParty;
    const term = parseTerm(request.startsOn, request.endsOn, clock.now());
    if ("code" in term) return term;
    const rules = completeRules(request.releaseRules, floor);
    if ("code" in rules) return rules;
    const tables = await resolveScope(request.scope.resources, catalog);
    if ("code" in tables) return tables;
    return { ...term, scenario, purpose, operator: request.operator, agency: request.agency, rules, tables };
  };

  return {
    draft: async (caller, request) => {
      const draft = await check(caller, request);
      if ("code" in draft) return recordRefusal(work, caller, type, draft);
      const [id, version, now] = [ids.make("agreement"), ids.make("agreementVersion"), clock.now()];
      const digest = digestOf(id, version, draft);
      const agreementRow = db
        .insertInto("agreement")
        .values({
          id,
          scenario: draft.scenario,
          purpose: draft.purpose,
          operator_id: draft.operator,
          agency_id: draft.agency,
          state: "draft",
          starts_at: draft.startsAt,
          ends_at: draft.endsAt,
          version_id: version,
          author_id: caller.id,
          created_at: now,
          end_reason: null,
        })
        .returning("id");
      const versionRow = db
        .insertInto("agreement_version")
        .values({
          id: version,
          agreement_id: id,
          number: 1,
          scope: JSON.stringify(draft.tables),
          release_rules: JSON.stringify(draft.rules),
          digest,
          created_at: now,
        })
        .returning("id");
      const outcome = await work.change(
        {
          type,
          actor: toActor(caller),
          object: id,
          from: draft.tables.map(({ resource }) => resource),
          links: { version, operator: draft.operator, agency: draft.agency },
          outcome: "done",
          data: { digest, startsAt: draft.startsAt.toISOString(), endsAt: draft.endsAt.toISOString() },
        },
        [expectOne(agreementRow), expectOne(versionRow)],
      );
      // New ids and parties that were just read: nobody else can have been first.
      if (outcome.kind === "conflict")
        throw new GovernanceError("AGREEMENT_NOT_WRITTEN", `The draft met a conflict on ${outcome.constraint ?? "its rows"}.`);
      return agreements.view(id);
    },
  };
}
