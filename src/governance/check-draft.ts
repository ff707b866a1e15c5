import { parsePlainText } from "../catalog/index.ts";
import type { AuthenticatedActor } from "../identity/index.ts";
import { canonicalJson, isId, type JsonValue, refuse, sha256Hex } from "../kernel/index.ts";
import type { ReleaseRules } from "../policy/index.ts";
import type { AgreementReader } from "./agreements.ts";
import type { GovernanceContext, Refused } from "./context.ts";
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

/** A draft whose every part was found acceptable. */
export interface CheckedDraft extends TermInstants {
  readonly scenario: string;
  readonly purpose: string;
  readonly operator: string;
  readonly agency: string;
  readonly rules: ReleaseRules;
  readonly tables: readonly ScopedTable[];
}

/** SHA-256 over everything that binds the parties; what is approved and put in force names it. */
export function digestOf(
  { agreement, version, number }: { readonly agreement: string; readonly version: string; readonly number: number },
  draft: CheckedDraft,
): string {
  const { scenario, purpose, operator, agency, rules, tables } = draft;
  const [startsAt, endsAt] = [draft.startsAt.toISOString(), draft.endsAt.toISOString()];
  const binding = { agreement, version, number, scenario, purpose, operator, agency, startsAt, endsAt, rules, tables };
  // As it is stored: absent and undefined are the same in JSON.
  return sha256Hex(canonicalJson(JSON.parse(JSON.stringify(binding)) as JsonValue));
}

/** Reads a draft, or says what in it cannot be agreed. */
export type CheckDraft = (caller: AuthenticatedActor, request: DraftRequest) => Promise<CheckedDraft | Refused>;

export function createDraftCheck(context: GovernanceContext, agreements: Pick<AgreementReader, "relationsTo">): CheckDraft {
  const { store, clock, decider, catalog, floor } = context;

  const checkParties = async ({ operator, agency }: DraftRequest): Promise<Refused | undefined> => {
    // PostgreSQL answers a text with NUL with an error; what is no id of ours is simply not there.
    const ids = [operator, agency].filter((id) => isId("organisation", id));
    const organisations = store.db.selectFrom("organisation").select(["id", "kind"]);
    const rows = ids.length === 0 ? [] : await organisations.where("id", "in", ids).execute();
    const kindOf = (id: string) => rows.find((row) => row.id === id)?.kind;
    if (kindOf(operator) !== "operator")
      return refuse("AGREEMENT_PARTY_INVALID", { party: "operator", instead: "an organisation of kind operator" });
    if (kindOf(agency) !== "agency")
      return refuse("AGREEMENT_PARTY_INVALID", { party: "agency", instead: "an organisation of kind agency" });
    return undefined;
  };

  return async (caller, request) => {
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
}
