import { type EventDraft, expectOne } from "../audit/index.ts";
import { type AuthenticatedActor, toActor } from "../identity/index.ts";
import { isRefusal, type Refusal } from "../kernel/index.ts";
import type { JobAccess, JobRow } from "./job-access.ts";
import type { JobContext } from "./job-context.ts";
import { type JobPriority, rankOf } from "./job-view.ts";
import { parseLabels } from "./labels.ts";
import type { Quotas } from "./quotas.ts";
import type { JobRefusalCode } from "./refusals.ts";
import { hashStatement, sealStatement } from "./statement.ts";
import type { ResolveStatement, StatementRequest } from "./statement-source.ts";

export interface JobRequest extends StatementRequest {
  readonly agreement: string;
  readonly purpose?: string | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly priority?: JobPriority | undefined;
}

/** Takes a job in, or says why not; each refusal is recorded. */
export type Submit = (actor: AuthenticatedActor, request: JobRequest) => Promise<JobRow | Refusal<JobRefusalCode>>;

/** A place in the queue comes free within seconds: when a job ends. */
const queueRetrySeconds = 5;
/** Looks for a free place before a queue that others keep filling counts as full. */
const mostAttempts = 10;

export function createSubmit(
  { store, work, ids, clock, random, keys, limits }: JobContext,
  deps: { readonly access: JobAccess; readonly quotas: Quotas; readonly resolve: ResolveStatement },
): Submit {
  const { access, quotas } = deps;
  const { db } = store;

  /**
   * A place of the operator's that was free when we looked, or that there is none. The index over places
   * says whose it is, at whatever gateway; by chance, so that many who ask at once seldom choose alike.
   */
  const freePlace = async (operator: string): Promise<number | undefined> => {
    const rows = await db
      .selectFrom("job")
      .select("place")
      .where("operator_id", "=", operator)
      .where("state", "in", ["queued", "running"])
      .execute();
    if (rows.length >= limits.maxQueuedPerOperator) return undefined;
    const taken = new Set(rows.map(({ place }) => place));
    const free = Array.from({ length: limits.maxQueuedPerOperator }, (_, place) => place).filter((place) => !taken.has(place));
    return free[Buffer.from(random.bytes(4)).readUInt32BE() % free.length];
  };

  return async (actor, request) => {
    const no = (code: JobRefusalCode, detail?: Refusal["detail"]) =>
      access.refused(actor, { type: "job.refused", object: request.agreement, code, detail });
    // Hidden and absent look alike; a member of another operator learns nothing.
    const agreement = await access.usable(actor, request.agreement, { action: "submit", kind: "job" });
    if (agreement === undefined) return no("JOB_AGREEMENT_NOT_IN_FORCE");
    const purpose = request.purpose ?? agreement.purpose;
    if (purpose !== agreement.purpose) return no("JOB_PURPOSE_MISMATCH");
    const labels = parseLabels(request.labels ?? []);
    if (labels === undefined) return no("JOB_LABELS_INVALID");
    const resolved = await deps.resolve(actor, agreement.id, request);
    if (isRefusal(resolved)) return no(resolved.code, resolved.detail);
    const { statement, query, bytes } = resolved;
    const id = ids.make("job");
    const sqlHash = await hashStatement({ keys, random }, agreement.id, statement);
    const row = {
      id,
      agreement_id: agreement.id,
      agreement_version_id: agreement.versionId,
      author_id: actor.id,
      operator_id: actor.organisation,
      purpose,
      state: "queued" as const,
      ...(await sealStatement(keys, agreement.id, id, statement)),
      sql_hash: sqlHash,
      query_id: query?.id ?? null,
      query_version: query?.version ?? null,
      labels: [...labels],
      priority: rankOf(request.priority ?? "normal"),
      provision_id: null,
      plan_digest: null,
      answer: null,
      claimed_by: null,
      submitted_at: clock.now(),
    };
    const event: EventDraft = {
      type: "job.submitted",
      actor: toActor(actor),
      object: id,
      from: [agreement.id, ...(query === undefined ? [] : [query.id])],
      links: { version: agreement.versionId },
      outcome: "done",
      data: { purpose, sqlHash, sqlBytes: bytes, ...(query === undefined ? {} : { queryVersion: query.version }) },
    };
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      const place = await freePlace(actor.organisation);
      if (place === undefined) break;
      const insert = db
        .insertInto("job")
        .values({ ...row, place })
        .returning("id");
      const outcome = await work.change(event, [expectOne(insert), quotas.take(actor.organisation, "job")]);
      if (outcome.kind === "done") return db.selectFrom("job").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
      // Somebody was first at that place: look again.
      if (outcome.constraint !== "job_place") return no("JOB_QUOTA_SPENT", { retryAfterSeconds: quotas.secondsLeft() });
    }
    return no("JOB_QUEUE_FULL", { limit: limits.maxQueuedPerOperator, retryAfterSeconds: queueRetrySeconds });
  };
}
