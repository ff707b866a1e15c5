import { type Change, expectOne } from "../audit/index.ts";
import { type AuthenticatedActor, toActor } from "../identity/index.ts";
import { refuse } from "../kernel/index.ts";
import { tagOf } from "./agreement-tag.ts";
import type { AgreementReader, AgreementView } from "./agreements.ts";
import { type CheckedDraft, createDraftCheck, type DraftRequest, digestOf } from "./check-draft.ts";
import { type GovernanceContext, type Refused, recordRefusal } from "./context.ts";
import { GovernanceError } from "./errors.ts";
import type { GovernanceEvent } from "./events.ts";

export interface Drafts {
  /** Writes an agreement and its first version. */
  draft(caller: AuthenticatedActor, request: DraftRequest): Promise<AgreementView | Refused>;
  /**
   * Its author writes a draft anew, whole: a further version, for versions never change. `expected`
   * is the tag of what the author read; a draft that is another by now is left as it is.
   */
  replaceDraft(
    caller: AuthenticatedActor,
    request: { readonly agreement: string; readonly expected: string; readonly draft: DraftRequest },
  ): Promise<AgreementView | Refused>;
}

interface VersionPlace {
  readonly agreement: string;
  readonly version: string;
  readonly number: number;
}

export function createDrafts(context: GovernanceContext, agreements: AgreementReader): Drafts {
  const { store, work, ids, clock, decider } = context;
  const { db } = store;
  const check = createDraftCheck(context, agreements);

  const fieldsOf = (draft: CheckedDraft, version: string) => ({
    scenario: draft.scenario,
    purpose: draft.purpose,
    operator_id: draft.operator,
    agency_id: draft.agency,
    starts_at: draft.startsAt,
    ends_at: draft.endsAt,
    version_id: version,
  });

  /** The new version beside the agreement's own row, and the event that says so. */
  const write = (caller: AuthenticatedActor, type: GovernanceEvent, place: VersionPlace, draft: CheckedDraft, row: Change) => {
    const digest = digestOf(place, draft);
    const versionRow = db
      .insertInto("agreement_version")
      .values({
        id: place.version,
        agreement_id: place.agreement,
        number: place.number,
        scope: JSON.stringify(draft.tables),
        release_rules: JSON.stringify(draft.rules),
        digest,
        created_at: clock.now(),
      })
      .returning("id");
    return work.change(
      {
        type,
        actor: toActor(caller),
        object: place.agreement,
        from: draft.tables.map(({ resource }) => resource),
        links: { version: place.version, operator: draft.operator, agency: draft.agency },
        outcome: "done",
        data: { digest, startsAt: draft.startsAt.toISOString(), endsAt: draft.endsAt.toISOString() },
      },
      [row, expectOne(versionRow)],
    );
  };

  return {
    draft: async (caller, request) => {
      const type = "agreement.drafted";
      const draft = await check(caller, request);
      if ("code" in draft) return recordRefusal(work, caller, type, draft);
      const place = { agreement: ids.make("agreement"), version: ids.make("agreementVersion"), number: 1 };
      const insert = db
        .insertInto("agreement")
        .values({
          ...fieldsOf(draft, place.version),
          id: place.agreement,
          state: "draft",
          author_id: caller.id,
          created_at: clock.now(),
          end_reason: null,
        })
        .returning("id");
      const outcome = await write(caller, type, place, draft, expectOne(insert));
      // New ids and parties that were just read: nobody else can have been first.
      if (outcome.kind === "conflict")
        throw new GovernanceError("AGREEMENT_NOT_WRITTEN", `The draft met a conflict on ${outcome.constraint ?? "its rows"}.`);
      return agreements.view(place.agreement);
    },
    replaceDraft: async (caller, { agreement, expected, draft: request }) => {
      const type = "agreement.redrafted";
      const no = (refusal: Refused) => recordRefusal(work, caller, type, refusal, agreement);
      const row = await agreements.readable(caller, agreement);
      if (row === undefined) return no(refuse("AGREEMENT_NOT_FOUND"));
      const isAuthors = row.author_id === caller.id;
      if (!isAuthors || !decider.decide(caller.roles, "draft", "agreement", agreements.relationsOf(caller, row)))
        return no(refuse("AGREEMENT_NOT_AUTHOR"));
      const seen = await agreements.view(row.id);
      if (tagOf(seen) !== expected) return no(refuse("AGREEMENT_CHANGED"));
      if (seen.state !== "draft") return no(refuse("AGREEMENT_NOT_IN_THAT_STATE"));
      const draft = await check(caller, request);
      if ("code" in draft) return no(draft);
      const place = { agreement: row.id, version: ids.make("agreementVersion"), number: seen.version.number + 1 };
      const update = db
        .updateTable("agreement")
        .set(fieldsOf(draft, place.version))
        .where("id", "=", row.id)
        .where("state", "=", "draft")
        .where("version_id", "=", seen.version.id)
        .returning("id");
      const outcome = await write(caller, type, place, draft, expectOne(update));
      return outcome.kind === "done" ? agreements.view(row.id) : no(refuse("AGREEMENT_CHANGED"));
    },
  };
}
