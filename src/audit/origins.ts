import type { Selectable } from "kysely";
import { type Clock, type Ids, isId, type Refusal, refuse } from "../kernel/index.ts";
import type { Store, Tables } from "../store/index.ts";
import type { Actor } from "./event.ts";
import type { AuditRefusalCode } from "./search.ts";
import { expectOne, type UnitOfWork } from "./unit-of-work.ts";

/** The name the log signs under now. */
export interface ActiveOrigin {
  readonly origin: string;
  /** The origin it follows; undefined for the first. */
  readonly follows: string | undefined;
  /** Whether a checkpoint of it was published: from then on its file may not be missing. */
  readonly begun: boolean;
}

export interface OriginView {
  readonly id: string;
  readonly number: number;
  readonly origin: string;
  readonly follows: string;
  readonly reason: string;
  readonly state: "proposed" | "approved" | "begun";
  readonly proposedBy: string;
  readonly approvedBy: string | null;
  readonly proposedAt: string;
}

/** Why the log signs nothing, where a new origin is the way on. */
export type NotSigning = "AUDIT_LOG_BEHIND" | "AUDIT_LOG_DIFFERS" | "AUDIT_CHECKPOINT_MISSING";

type Account = Extract<Actor, { kind: "account" }>;

/** New origins of the log: proposed by one administrator, approved by another, never needed while the log signs. */
export interface Origins {
  active(): Promise<ActiveOrigin>;
  list(): Promise<readonly OriginView[]>;
  propose(caller: Account, request: { readonly reason: string }): Promise<OriginView | Refusal<AuditRefusalCode>>;
  approve(caller: Account, id: string): Promise<OriginView | Refusal<AuditRefusalCode>>;
  /** The new origin's first checkpoint is out. */
  begin(origin: string): Promise<void>;
}

function view(row: Selectable<Tables["log_origin"]>): OriginView {
  return {
    id: row.id,
    number: row.number,
    origin: row.origin,
    follows: row.follows,
    reason: row.reason,
    state: row.state,
    proposedBy: row.proposed_by,
    approvedBy: row.approved_by,
    proposedAt: row.proposed_at.toISOString(),
  };
}

export function createOrigins(deps: {
  readonly store: Store;
  readonly work: UnitOfWork;
  readonly ids: Ids;
  readonly clock: Clock;
  /** The first origin, a setting. */
  readonly first: string;
  /** Why the log signs nothing now; undefined where it signs, or where no new origin would mend it. */
  readonly whyNotSigning: () => Promise<NotSigning | undefined>;
}): Origins {
  const { store, work, ids, clock, first } = deps;
  const { db } = store;

  const active = async (): Promise<ActiveOrigin> => {
    const row = await db
      .selectFrom("log_origin")
      .select(["origin", "follows", "state"])
      .where("state", "<>", "proposed")
      .orderBy("number", "desc")
      .limit(1)
      .executeTakeFirst();
    if (row === undefined) return { origin: first, follows: undefined, begun: true };
    return { origin: row.origin, follows: row.follows, begun: row.state === "begun" };
  };

  const no = async (
    type: "log.origin-proposed" | "log.origin-approved",
    actor: Account,
    object: string,
    code: AuditRefusalCode,
  ): Promise<Refusal<AuditRefusalCode>> => {
    await work.record({ type, actor, object, outcome: "refused", code });
    return refuse(code);
  };

  const load = (id: string) =>
    isId("logOrigin", id) ? db.selectFrom("log_origin").selectAll().where("id", "=", id).executeTakeFirst() : undefined;

  return {
    active,
    list: async () => (await db.selectFrom("log_origin").selectAll().orderBy("number").execute()).map(view),
    propose: async (actor, { reason }) => {
      const why = await deps.whyNotSigning();
      // Else two administrators could begin a second history whenever they liked.
      if (why === undefined) return no("log.origin-proposed", actor, "log", "AUDIT_ORIGIN_NOT_NEEDED");
      const last = await db.selectFrom("log_origin").selectAll().orderBy("number", "desc").limit(1).executeTakeFirst();
      if (last?.state === "proposed") return no("log.origin-proposed", actor, last.id, "AUDIT_ORIGIN_PROPOSED");
      const { origin: follows } = await active();
      const id = ids.make("logOrigin");
      const number = (last?.number ?? 1) + 1;
      const origin = `${first}/${number}`;
      const outcome = await work.change(
        { type: "log.origin-proposed", actor, object: id, outcome: "done", data: { origin, follows, reason, why } },
        [
          expectOne(
            db
              .insertInto("log_origin")
              .values({
                id,
                number,
                origin,
                follows,
                reason,
                state: "proposed",
                proposed_by: actor.id,
                approved_by: null,
                proposed_at: clock.now(),
                approved_at: null,
              })
              .returning("id"),
          ),
        ],
      );
      // Somebody else proposed at the same moment.
      if (outcome.kind === "conflict") return no("log.origin-proposed", actor, "log", "AUDIT_ORIGIN_PROPOSED");
      return view(await db.selectFrom("log_origin").selectAll().where("id", "=", id).executeTakeFirstOrThrow());
    },
    approve: async (actor, id) => {
      const row = await load(id);
      if (row === undefined) return no("log.origin-approved", actor, "log", "AUDIT_ORIGIN_NOT_FOUND");
      if (row.proposed_by === actor.id) return no("log.origin-approved", actor, id, "AUDIT_ORIGIN_OWN");
      // The right checkpoint may have been put back meanwhile.
      if ((await deps.whyNotSigning()) === undefined) return no("log.origin-approved", actor, id, "AUDIT_ORIGIN_NOT_NEEDED");
      const approve = db
        .updateTable("log_origin")
        .set({ state: "approved", approved_by: actor.id, approved_at: clock.now() })
        .where("id", "=", id)
        .where("state", "=", "proposed")
        .returning("id");
      const { origin, follows } = row;
      const outcome = await work.change(
        { type: "log.origin-approved", actor, object: id, outcome: "done", data: { origin, follows } },
        [expectOne(approve)],
      );
      if (outcome.kind === "conflict") return no("log.origin-approved", actor, id, "AUDIT_ORIGIN_NOT_FOUND");
      return view(await db.selectFrom("log_origin").selectAll().where("id", "=", id).executeTakeFirstOrThrow());
    },
    begin: async (origin) => {
      const begin = db
        .updateTable("log_origin")
        .set({ state: "begun" })
        .where("origin", "=", origin)
        .where("state", "=", "approved")
        .returning("id");
      // A conflict: another gateway said so first.
      await work.change(
        {
          type: "log.origin-begun",
          actor: { kind: "system", component: "audit" },
          object: "log",
          outcome: "done",
          data: { origin },
        },
        [expectOne(begin)],
      );
    },
  };
}
