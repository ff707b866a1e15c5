import { sql } from "kysely";
import { type Actor, type Change, type EventDraft, expectOne, type UnitOfWork } from "../audit/index.ts";
import type { Membership } from "../cluster/index.ts";
import type { Clock, JsonValue } from "../kernel/index.ts";
import { type Beat, beat, type JobState, type Store } from "../store/index.ts";
import { failureAnswer } from "./failures.ts";
import { nextInTurn, type Waiting } from "./turn.ts";

/** One worker's hold on one job; `fence` makes every write of an earlier holder miss. */
export interface Claim {
  readonly job: string;
  readonly agreement: string;
  readonly agreementVersion: string;
  readonly fence: string;
}

/** How a job ended: its state, its event, and what is written in the same statement. */
export interface JobEnd {
  readonly state: JobState;
  /** About the job, unless the event makes something of its own: then that is its object, and comes from the job. */
  readonly event: Omit<EventDraft, "actor" | "object"> & { readonly object?: string | undefined };
  /** What the operator is told; about the caller's own text and limits only. */
  readonly answer?: JsonValue | undefined;
  readonly provision?: string | undefined;
  readonly planDigest?: string | undefined;
  readonly alongside?: readonly Change[] | undefined;
}

export const sandboxActor: Actor = { kind: "system", component: "sandbox" };

/** The end of a job whose run was lost: neither done nor run again silently. */
export const interruption: JobEnd = {
  state: "interrupted",
  event: { type: "job.interrupted", outcome: "failed", code: "JOB_INTERRUPTED" },
  answer: { ...failureAnswer("JOB_INTERRUPTED") },
};

export interface Claims {
  /** Takes the waiting job whose turn it is, or none. */
  next(): Promise<Claim | undefined>;
  /** Shows that the holder lives; where the claim is lost, or its end is asked for, the work must stop. */
  beat(claim: Claim): Promise<Beat>;
  /** Ends a claimed job in a final state, with what came of it; false: the claim is lost and nothing was written. */
  finish(claim: Claim, end: JobEnd): Promise<boolean>;
  /**
   * Marks claims of gateways that are gone, and those without a sign of life since `before` (if that
   * can be said), as interrupted; they are never run again silently.
   */
  interruptSilent(before: Date | undefined): Promise<number>;
}

export function createClaims(deps: {
  readonly store: Store;
  readonly work: UnitOfWork;
  readonly clock: Clock;
  /** Names this process in the claim; once it was declared lost, it claims nothing. */
  readonly membership: Pick<Membership, "id" | "fence">;
  /** Jobs of one operator running at one time. */
  readonly perOperator: number;
}): Claims {
  const { store, work, clock } = deps;
  const holder = deps.membership.id;
  const { db } = store;

  const take = async ({ id, slot }: Waiting): Promise<Claim | undefined> => {
    const now = clock.now();
    const update = db
      .updateTable("job")
      .set((eb) => ({
        state: "running",
        fence: eb("fence", "+", "1"),
        slot,
        claimed_by: holder,
        heartbeat_at: now,
        started_at: now,
      }))
      // What another gateway is taking at this instant is not waited for.
      .where("id", "=", (waiting) =>
        waiting
          .selectFrom("job as waiting")
          .select("waiting.id")
          .where("waiting.id", "=", id)
          .where("waiting.state", "=", "queued")
          .forUpdate()
          .skipLocked(),
      )
      .returning(["agreement_id", "agreement_version_id", (eb) => eb.cast<string>("fence", "text").as("fence")]);
    const outcome = await work.change(
      { type: "job.started", actor: sandboxActor, object: id, outcome: "done", data: { holder } },
      [expectOne(update), deps.membership.fence()],
    );
    if (outcome.kind === "conflict") return undefined;
    const row = outcome.rows[0]?.[0] as { agreement_id: string; agreement_version_id: string; fence: string };
    return { job: id, agreement: row.agreement_id, agreementVersion: row.agreement_version_id, fence: row.fence };
  };

  return {
    next: async () => {
      for (const waiting of await nextInTurn(db, deps.perOperator)) {
        const claim = await take(waiting);
        if (claim !== undefined) return claim;
      }
      return undefined;
    },
    beat: (claim) => beat(db, claim, clock.now()),
    finish: async (claim, end) => {
      const update = db
        .updateTable("job")
        .set({
          state: end.state,
          finished_at: clock.now(),
          answer: end.answer === undefined ? null : JSON.stringify(end.answer),
          provision_id: end.provision ?? null,
          plan_digest: end.planDigest ?? null,
        })
        .where("id", "=", claim.job)
        .where("fence", "=", claim.fence)
        .where("state", "=", "running")
        .returning("id");
      const event: EventDraft = { ...end.event, actor: sandboxActor, object: end.event.object ?? claim.job };
      const outcome = await work.change(event, [expectOne(update), ...(end.alongside ?? [])]);
      return outcome.kind === "done";
    },
    interruptSilent: async (before) => {
      const silent = await db
        .selectFrom("job")
        .select(["id", "fence"])
        .where("state", "=", "running")
        .where((eb) =>
          eb.or([
            ...(before === undefined ? [] : [eb("heartbeat_at", "<", before)]),
            eb.not(
              eb.exists(
                eb
                  .selectFrom("gateway")
                  .select(sql`1`.as("one"))
                  .whereRef("gateway.id", "=", "job.claimed_by")
                  .where("gateway.ended_at", "is", null),
              ),
            ),
          ]),
        )
        .execute();
      let interrupted = 0;
      for (const { id, fence } of silent) {
        const update = db
          .updateTable("job")
          // The fence rises, so that the silent holder, should it still live, can write nothing.
          .set((eb) => ({
            state: "interrupted",
            finished_at: clock.now(),
            answer: JSON.stringify(interruption.answer),
            fence: eb("fence", "+", "1"),
          }))
          .where("id", "=", id)
          .where("fence", "=", fence)
          .where("state", "=", "running")
          .returning("id");
        const event: EventDraft = { ...interruption.event, actor: sandboxActor, object: id };
        const outcome = await work.change(event, [expectOne(update)]);
        if (outcome.kind === "done") interrupted++;
      }
      return interrupted;
    },
  };
}
