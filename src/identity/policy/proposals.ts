import { expectOne } from "../../audit/index.ts";
import { isId, isRefusal, type Refusal, refuse, sha256Hex } from "../../kernel/index.ts";
import { AccessError, createDecider } from "../../policy/index.ts";
import { type AuthenticatedActor, toActor } from "../actor.ts";
import type { IdentityEvent } from "../events.ts";
import type { ActivePolicy, ActivePolicyDeps } from "./active-policy.ts";
import { type ProposalSummary, type ProposalView, summaryOf, viewOf } from "./proposal-view.ts";
import type { PolicyRefusalCode } from "./refusals.ts";

type Refused = Refusal<PolicyRefusalCode>;
type Change = Extract<IdentityEvent, `access-policy.${string}`>;

/** The policy changes by two persons: one of the security administration proposes, one of the audit administration confirms. */
export interface PolicyProposals {
  /** The active policy's row. */
  active(): Promise<ProposalView & { readonly since: string }>;
  /** Newest first, the one of the first start included. */
  list(): Promise<readonly ProposalSummary[]>;
  find(id: string): Promise<ProposalView | Refused>;
  /** Without a text, the lines this release ships. One proposal is open at a time. */
  propose(
    caller: AuthenticatedActor,
    request: { readonly policy?: string | undefined; readonly reason: string },
  ): Promise<ProposalView | Refused>;
  /** `hash`: of the text that was read; another one is not confirmed. Acts on every gateway within a second. */
  confirm(caller: AuthenticatedActor, request: { readonly id: string; readonly hash: string }): Promise<ProposalView | Refused>;
  reject(caller: AuthenticatedActor, request: { readonly id: string; readonly reason: string }): Promise<ProposalView | Refused>;
  withdraw(caller: AuthenticatedActor, id: string): Promise<ProposalView | Refused>;
}

/** How an open proposal ends without effect. */
const endings = {
  reject: { type: "access-policy.rejected", state: "rejected" },
  withdraw: { type: "access-policy.withdrawn", state: "withdrawn" },
} as const;

const mostListed = 100;
const onePending = "access_policy_one_proposed";

/** A reason that people wrote: not empty, no invisible characters. */
function readableReason(reason: string): string | undefined {
  const text = reason.trim();
  return text !== "" && text.isWellFormed() && !/[^\P{C}\n\r\t]/u.test(text) ? text : undefined;
}

export function createPolicyProposals(deps: ActivePolicyDeps & { readonly active: ActivePolicy }): PolicyProposals {
  const { store, work, clock, active } = deps;
  const { db } = store;

  const no = async (type: Change, caller: AuthenticatedActor, object: string, refusal: Refused): Promise<Refused> => {
    await work.record({ type, actor: toActor(caller), object, outcome: "refused", code: refusal.code });
    return refusal;
  };
  const load = (id: string) => db.selectFrom("access_policy").selectAll().where("id", "=", id).executeTakeFirst();
  const activeRow = () =>
    db
      .selectFrom("active_policy")
      .innerJoin("access_policy", "access_policy.id", "active_policy.policy_id")
      .selectAll("access_policy")
      .select("active_policy.since")
      .executeTakeFirstOrThrow();
  const find = async (id: string): Promise<ProposalView | Refused> => {
    const row = isId("accessPolicy", id) ? await load(id) : undefined;
    if (row === undefined) return refuse("POLICY_PROPOSAL_NOT_FOUND");
    return viewOf(row, row.replaces === null ? undefined : (await load(row.replaces))?.policy);
  };

  /** The hash of a policy that this release takes, or every reason why it does not. */
  const check = async (policy: string): Promise<string | Refused> => {
    try {
      return (await createDecider({ model: active.shipped.model, policy })).hash;
    } catch (error) {
      if (!(error instanceof AccessError)) throw error;
      const [first] = error.problems;
      const lines = error.problems.flatMap(({ line }) => line ?? []).slice(0, 50);
      return refuse("POLICY_INVALID", {
        problem: first?.problem ?? "",
        ...(first?.line === undefined ? {} : { line: first.line }),
        problems: error.problems.length,
        lines: lines.join(", "),
      });
    }
  };

  /** Ends an open proposal without effect. */
  const end = async (
    { type, state }: (typeof endings)[keyof typeof endings],
    caller: AuthenticatedActor,
    id: string,
    reason: string | null,
  ): Promise<ProposalView | Refused> => {
    const found = await find(id);
    if (isRefusal(found)) return no(type, caller, caller.id, found);
    const update = db
      .updateTable("access_policy")
      .set({
        state,
        decided_by: caller.id,
        decided_at: clock.now(),
        decision_reason: reason,
      })
      .where("id", "=", id)
      .where("state", "=", "proposed")
      .returning("id");
    const data = { hash: found.hash, ...(reason === null ? {} : { reasonHash: sha256Hex(reason) }) };
    const outcome = await work.change({ type, actor: toActor(caller), object: id, outcome: "done", data }, [expectOne(update)]);
    return outcome.kind === "done" ? find(id) : no(type, caller, id, refuse("POLICY_PROPOSAL_DECIDED"));
  };

  const isAuthor = (caller: AuthenticatedActor, proposal: ProposalView): boolean =>
    !active.decider.decide(caller.roles, "confirm", "policy", proposal.proposedBy === caller.id ? [] : ["not-author"]);

  return {
    find,
    active: async () => {
      const { since, ...row } = await activeRow();
      const before = row.replaces === null ? undefined : await load(row.replaces);
      return { ...viewOf(row, before?.policy), since: since.toISOString() };
    },
    list: async () => {
      const rows = await db.selectFrom("access_policy").selectAll().orderBy("id", "desc").limit(mostListed).execute();
      return rows.map(summaryOf);
    },
    propose: async (caller, request) => {
      const type = "access-policy.proposed";
      const reason = readableReason(request.reason);
      if (reason === undefined) return no(type, caller, caller.id, refuse("POLICY_REASON_INVALID"));
      const policy = request.policy ?? active.shipped.policy;
      const hash = await check(policy);
      if (isRefusal(hash)) return no(type, caller, caller.id, hash);
      const now = await activeRow();
      if (hash === now.hash) return no(type, caller, caller.id, refuse("POLICY_UNCHANGED"));
      const id = deps.ids.make("accessPolicy");
      const insert = db
        .insertInto("access_policy")
        .values({
          id,
          hash,
          model: active.shipped.model,
          policy,
          replaces: now.id,
          reason,
          state: "proposed",
          proposed_by: caller.id,
          proposed_at: clock.now(),
          decided_by: null,
          decided_at: null,
          decision_reason: null,
        })
        .returning("id");
      const data = { hash, replaces: now.hash, reasonHash: sha256Hex(reason), shipped: request.policy === undefined };
      const outcome = await work.change({ type, actor: toActor(caller), object: id, from: [now.id], outcome: "done", data }, [
        expectOne(insert),
      ]);
      if (outcome.kind === "done") return find(id);
      if (outcome.constraint !== onePending) throw new TypeError(`a proposal met ${outcome.constraint}`);
      return no(type, caller, caller.id, refuse("POLICY_PROPOSAL_OPEN"));
    },
    confirm: async (caller, { id, hash }) => {
      const type = "access-policy.activated";
      const found = await find(id);
      if (isRefusal(found)) return no(type, caller, caller.id, found);
      if (isAuthor(caller, found)) return no(type, caller, id, refuse("POLICY_PROPOSAL_OWN"));
      if (found.state !== "proposed") return no(type, caller, id, refuse("POLICY_PROPOSAL_DECIDED"));
      if (found.hash !== hash) return no(type, caller, id, refuse("POLICY_PROPOSAL_CHANGED"));
      // It may have been proposed at a gateway of another release; what this one cannot load it does not make active.
      const checked = await check(found.policy);
      if (isRefusal(checked)) return no(type, caller, id, checked);
      if (checked !== hash) return no(type, caller, id, refuse("POLICY_PROPOSAL_CHANGED"));
      const now = clock.now();
      const confirm = db
        .updateTable("access_policy")
        .set({ state: "confirmed", decided_by: caller.id, decided_at: now })
        .where("id", "=", id)
        .where("state", "=", "proposed")
        .where("hash", "=", hash)
        .where("proposed_by", "!=", caller.id)
        .returning("id");
      const move = (event: string) =>
        db
          .updateTable("active_policy")
          .set({ policy_id: id, since: now, event_id: event })
          .where("policy_id", "=", found.replaces)
          .returning("policy_id");
      const outcome = await work.change(
        {
          type,
          actor: toActor(caller),
          object: id,
          from: found.replaces === null ? [] : [found.replaces],
          links: found.proposedBy === null ? {} : { proposer: found.proposedBy },
          outcome: "done",
          data: { hash, adds: found.adds.length, removes: found.removes.length },
        },
        (event) => [expectOne(confirm), expectOne(move(event))],
      );
      if (outcome.kind === "conflict") return no(type, caller, id, refuse("POLICY_PROPOSAL_DECIDED"));
      await active.look();
      return find(id);
    },
    reject: async (caller, { id, reason }) => {
      const text = readableReason(reason);
      if (text === undefined) return no(endings.reject.type, caller, caller.id, refuse("POLICY_REASON_INVALID"));
      return end(endings.reject, caller, id, text);
    },
    withdraw: (caller, id) => end(endings.withdraw, caller, id, null),
  };
}
