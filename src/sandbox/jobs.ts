import type { Selectable } from "kysely";
import { expectOne, type UnitOfWork } from "../audit/index.ts";
import { type AuthenticatedActor, toActor } from "../identity/index.ts";
import { type Clock, type Ids, isId, type JsonValue, type Random, type Refusal, refuse } from "../kernel/index.ts";
import type { Keystore } from "../keys/index.ts";
import { checkParameters, type WrittenParameters } from "../policy/index.ts";
import type { JobState, Store, Tables } from "../store/index.ts";
import { isFinal } from "./job-states.ts";
import type { JobRefusalCode } from "./refusals.ts";
import { bytesOfStatement, hashStatement, sealStatement } from "./statement.ts";

/** A job as its owner sees it: coarse times, never the engine's progress or its words. */
export interface JobView {
  readonly id: string;
  readonly agreement: string;
  readonly purpose: string;
  readonly state: JobState;
  readonly author: string;
  /** Why the statement was refused or the run failed; about the caller's own text and limits only. */
  readonly answer: JsonValue | null;
  readonly submittedAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

/** What the sandbox must know of an agreement to accept a job. */
export interface AgreementFacts {
  readonly id: string;
  readonly versionId: string;
  readonly operatorId: string;
  readonly purpose: string;
  readonly inForce: boolean;
}

export interface Jobs {
  submit(
    actor: AuthenticatedActor,
    request: {
      readonly agreement: string;
      readonly sql: string;
      readonly parameters?: WrittenParameters | undefined;
      readonly purpose?: string | undefined;
    },
  ): Promise<JobView | Refusal<JobRefusalCode>>;
  /** A job the actor's organisation may see; another's looks absent. */
  find(actor: AuthenticatedActor, job: string): Promise<JobView | Refusal<JobRefusalCode>>;
  /** Waiting jobs end at once; running ones are told to stop. */
  cancel(actor: AuthenticatedActor, job: string): Promise<JobView | Refusal<JobRefusalCode>>;
}

export interface JobsDeps {
  readonly store: Store;
  readonly work: UnitOfWork;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly random: Random;
  readonly keys: Keystore;
  readonly sqlBytes: number;
  readonly maxQueuedPerOperator: number;
  /** The agreement if the actor may see it, with whether it is in force at this instant. */
  readonly agreementFor: (actor: AuthenticatedActor, agreement: string) => Promise<AgreementFacts | undefined>;
  readonly onSubmitted: () => void;
  readonly onCancelRequested: (job: string) => void;
}

/** Whole seconds, upwards: finer times would tell of the data. */
function coarse(instant: Date | null): string | null {
  return instant === null ? null : new Date(Math.ceil(instant.getTime() / 1000) * 1000).toISOString();
}

export function viewOf(row: Selectable<Tables["job"]>): JobView {
  return {
    id: row.id,
    agreement: row.agreement_id,
    purpose: row.purpose,
    state: row.state,
    author: row.author_id,
    answer: row.answer,
    submittedAt: row.submitted_at.toISOString(),
    startedAt: coarse(row.started_at),
    finishedAt: coarse(row.finished_at),
  };
}

export function createJobs(deps: JobsDeps): Jobs {
  const { store, work, clock, ids } = deps;
  const { db } = store;

  const refused = async (
    actor: AuthenticatedActor,
    object: string,
    code: JobRefusalCode,
    detail?: Refusal["detail"],
  ): Promise<Refusal<JobRefusalCode>> => {
    await work.record({ type: "job.refused", actor: toActor(actor), object, outcome: "refused", code });
    return refuse(code, detail);
  };

  const load = async (actor: AuthenticatedActor, job: string): Promise<Selectable<Tables["job"]> | undefined> => {
    if (!isId("job", job)) return undefined;
    const row = await db.selectFrom("job").selectAll().where("id", "=", job).executeTakeFirst();
    if (row === undefined) return undefined;
    return (await deps.agreementFor(actor, row.agreement_id)) === undefined ? undefined : row;
  };

  const queuedOf = async (operator: string): Promise<number> => {
    const row = await db
      .selectFrom("job")
      .select((eb) => eb.fn.countAll<string>().as("n"))
      .where("operator_id", "=", operator)
      .where("state", "in", ["queued", "running"])
      .executeTakeFirstOrThrow();
    return Number(row.n);
  };

  const find: Jobs["find"] = async (actor, job) => {
    const row = await load(actor, job);
    return row === undefined ? refuse("JOB_NOT_FOUND") : viewOf(row);
  };

  return {
    find,
    submit: async (actor, request) => {
      const agreement = await deps.agreementFor(actor, request.agreement);
      // Hidden and absent look alike; a member of another operator learns nothing.
      if (agreement === undefined || agreement.operatorId !== actor.organisation)
        return refused(actor, request.agreement.slice(0, 64), "JOB_AGREEMENT_NOT_IN_FORCE");
      if (!agreement.inForce) return refused(actor, agreement.id, "JOB_AGREEMENT_NOT_IN_FORCE");
      const purpose = request.purpose ?? agreement.purpose;
      if (purpose !== agreement.purpose) return refused(actor, agreement.id, "JOB_PURPOSE_MISMATCH");
      const statement = { sql: request.sql, parameters: request.parameters ?? {} };
      const wrong = checkParameters(statement.parameters);
      if (wrong !== undefined)
        return refused(actor, agreement.id, "JOB_PARAMETERS_INVALID", { found: wrong.found, instead: wrong.instead });
      const bytes = bytesOfStatement(statement);
      if (bytes > deps.sqlBytes) return refused(actor, agreement.id, "JOB_SQL_TOO_LONG", { bytes, limit: deps.sqlBytes });
      if ((await queuedOf(actor.organisation)) >= deps.maxQueuedPerOperator)
        return refused(actor, agreement.id, "JOB_QUEUE_FULL", { limit: deps.maxQueuedPerOperator });
      const id = ids.make("job");
      const sqlHash = hashStatement(deps.random.bytes(16), statement);
      const insert = db
        .insertInto("job")
        .values({
          id,
          agreement_id: agreement.id,
          agreement_version_id: agreement.versionId,
          author_id: actor.id,
          operator_id: actor.organisation,
          purpose,
          state: "queued",
          ...(await sealStatement(deps.keys, agreement.id, id, statement)),
          sql_hash: sqlHash,
          provision_id: null,
          plan_digest: null,
          answer: null,
          claimed_by: null,
          submitted_at: clock.now(),
        })
        .returning("id");
      await work.change(
        {
          type: "job.submitted",
          actor: toActor(actor),
          object: id,
          from: [agreement.id],
          links: { version: agreement.versionId },
          outcome: "done",
          data: { purpose, sqlHash, sqlBytes: bytes },
        },
        [expectOne(insert)],
      );
      deps.onSubmitted();
      return find(actor, id);
    },
    cancel: async (actor, job) => {
      const row = await load(actor, job);
      if (row === undefined || row.operator_id !== actor.organisation) return refused(actor, job.slice(0, 64), "JOB_NOT_FOUND");
      if (isFinal(row.state)) return refused(actor, row.id, "JOB_ALREADY_FINISHED");
      const cancelWaiting = db
        .updateTable("job")
        .set({ state: "cancelled", cancel_requested: true, finished_at: clock.now() })
        .where("id", "=", row.id)
        .where("state", "=", "queued")
        .returning("id");
      const ended = await work.change({ type: "job.cancelled", actor: toActor(actor), object: row.id, outcome: "done" }, [
        expectOne(cancelWaiting),
      ]);
      if (ended.kind === "conflict") {
        const tellRunning = db
          .updateTable("job")
          .set({ cancel_requested: true })
          .where("id", "=", row.id)
          .where("state", "=", "running")
          .returning("id");
        const told = await work.change({ type: "job.cancel-requested", actor: toActor(actor), object: row.id, outcome: "done" }, [
          expectOne(tellRunning),
        ]);
        if (told.kind === "conflict") return refused(actor, row.id, "JOB_ALREADY_FINISHED");
        deps.onCancelRequested(row.id);
      }
      return find(actor, row.id);
    },
  };
}
