import { expectOne } from "../audit/index.ts";
import { parsePlainText } from "../catalog/index.ts";
import { type AuthenticatedActor, toActor } from "../identity/index.ts";
import { refuse, sha256Hex } from "../kernel/index.ts";
import type { AgreementState } from "../store/index.ts";
import { statesBefore } from "./agreement-states.ts";
import { tagOf } from "./agreement-tag.ts";
import type { AgreementReader, AgreementView } from "./agreements.ts";
import { type GovernanceContext, type Refused, recordRefusal } from "./context.ts";
import type { GovernanceEvent } from "./events.ts";
import type { Expiry } from "./expiry.ts";

export interface Lifecycle {
  /**
   * Binds to the version that is there, never to one that takes its place meanwhile. `expected`: the
   * tag of what the approver read; needed once the draft was replaced.
   */
  approve(caller: AuthenticatedActor, id: string, expected?: string): Promise<AgreementView | Refused>;
  /** In force from its start; until then it holds the scenario, and nothing runs. */
  activate(caller: AuthenticatedActor, id: string): Promise<AgreementView | Refused>;
  terminate(
    caller: AuthenticatedActor,
    request: { readonly agreement: string; readonly reason: string },
  ): Promise<AgreementView | Refused>;
}

interface Step {
  readonly action: "approve" | "activate" | "terminate";
  readonly to: AgreementState;
  readonly type: GovernanceEvent;
}

const steps = {
  approve: { action: "approve", to: "approved", type: "agreement.approved" },
  activate: { action: "activate", to: "in-force", type: "agreement.activated" },
  terminate: { action: "terminate", to: "ended", type: "agreement.ended" },
} as const satisfies Readonly<Record<Step["action"], Step>>;

/** Art. 15, kept by the database itself, whoever writes. */
const oneInForce = "agreement_one_in_force";

export function createLifecycle(
  { store, work, clock, decider }: GovernanceContext,
  agreements: AgreementReader,
  expiry: Pick<Expiry, "expireScenario">,
): Lifecycle {
  /** Moves an agreement the caller may act on from the states that allow it; anything else is a refusal, recorded. */
  const move = async (
    caller: AuthenticatedActor,
    id: string,
    { action, to, type }: Step,
    { reason, expected }: { readonly reason?: string | undefined; readonly expected?: string | undefined } = {},
  ): Promise<AgreementView | Refused> => {
    const no = (refusal: Refused) => recordRefusal(work, caller, type, refusal, id);
    const row = await agreements.readable(caller, id);
    if (row === undefined) return no(refuse("AGREEMENT_NOT_FOUND"));
    if (!decider.decide(caller.roles, action, "agreement", agreements.relationsOf(caller, row)))
      return no(refuse("AGREEMENT_OWN_DRAFT"));
    if (to !== "ended" && row.ends_at <= clock.now()) return no(refuse("AGREEMENT_ALREADY_OVER"));
    const seen = await agreements.view(id);
    const { id: version, digest, number } = seen.version;
    // The caller was measured against the parties of the row; another version may have others.
    if (version !== row.version_id) return no(refuse("AGREEMENT_CHANGED"));
    if (expected !== undefined && tagOf(seen) !== expected) return no(refuse("AGREEMENT_CHANGED"));
    // The first version is what its readers saw; a later one may have taken its place after they looked.
    if (to === "approved" && expected === undefined && number > 1) return no(refuse("AGREEMENT_VERSION_UNNAMED"));
    const attempt = () => {
      const now = clock.now();
      const update = store.db
        .updateTable("agreement")
        .set({ state: to, ...(to === "ended" ? { ended_at: now, end_reason: reason ?? null } : {}) })
        .where("id", "=", id)
        .where("state", "in", [...statesBefore(to)])
        .where("version_id", "=", version)
        .returning("id");
      return work.change(
        {
          type,
          actor: toActor(caller),
          object: id,
          links: { version, operator: row.operator_id, agency: row.agency_id },
          outcome: "done",
          // The reason is people's own words and may name someone: the row holds it, the log binds it.
          data: { digest, ...(reason === undefined ? {} : { reasonHash: sha256Hex(reason) }) },
        },
        [expectOne(to === "ended" ? update : update.where("ends_at", ">", now))],
      );
    };
    let outcome = await attempt();
    // Its predecessor may be over and merely not swept yet: that must not keep the scenario.
    if (outcome.kind === "conflict" && outcome.constraint === oneInForce && (await expiry.expireScenario(row.scenario)) > 0)
      outcome = await attempt();
    if (outcome.kind === "done") return agreements.view(id);
    if (outcome.constraint === oneInForce) return no(refuse("AGREEMENT_SCENARIO_TAKEN"));
    const { version: now } = await agreements.view(id);
    return no(refuse(now.id === version ? "AGREEMENT_NOT_IN_THAT_STATE" : "AGREEMENT_CHANGED"));
  };

  return {
    approve: (caller, id, expected) => move(caller, id, steps.approve, { expected }),
    activate: (caller, id) => move(caller, id, steps.activate),
    terminate: (caller, { agreement, reason }) => {
      const text = parsePlainText(reason, 2000);
      return text === undefined
        ? recordRefusal(
            work,
            caller,
            steps.terminate.type,
            refuse("AGREEMENT_TEXT_INVALID", { text: "reason", characters: 2000 }),
            agreement,
          )
        : move(caller, agreement, steps.terminate, { reason: text });
    },
  };
}
