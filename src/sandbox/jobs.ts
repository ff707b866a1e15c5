import { expectOne } from "../audit/index.ts";
import type { Compiler } from "../engine/index.ts";
import { type AuthenticatedActor, toActor } from "../identity/index.ts";
import { isRefusal, type Refusal, refuse } from "../kernel/index.ts";
import { createExplain, type Explain } from "./explain.ts";
import { createJobAccess } from "./job-access.ts";
import type { JobContext } from "./job-context.ts";
import { createJobList, type JobFilter, type JobPage } from "./job-list.ts";
import { isFinal } from "./job-states.ts";
import { type JobView, viewOf } from "./job-view.ts";
import { parseLabels } from "./labels.ts";
import { createQuotas } from "./quotas.ts";
import type { JobRefusalCode } from "./refusals.ts";
import { createSavedQueries, type SavedQueries } from "./saved-queries.ts";
import type { StateFeed } from "./state-feed.ts";
import { createStatementSource } from "./statement-source.ts";
import { createSubmit, type JobRequest } from "./submissions.ts";

type Answer = Promise<JobView | Refusal<JobRefusalCode>>;

/** What callers ask of the sandbox. Another organisation's jobs look absent. */
export interface Jobs extends Explain {
  submit(actor: AuthenticatedActor, request: JobRequest): Answer;
  find(actor: AuthenticatedActor, job: string): Answer;
  list(actor: AuthenticatedActor, filter: JobFilter): Promise<JobPage | Refusal<JobRefusalCode>>;
  /** Waiting jobs end at once; running ones are told to stop. */
  cancel(actor: AuthenticatedActor, job: string): Answer;
  /** Puts these labels in place of those it has. */
  label(actor: AuthenticatedActor, request: { readonly job: string; readonly labels: readonly string[] }): Answer;
  readonly queries: SavedQueries;
  /** Jobs that wait or run, of all operators together. */
  countOpen(): Promise<Readonly<Record<"queued" | "running", number>>>;
  /** Hints that a job's state may have changed, by whichever gateway; the answer ends them. */
  watch(job: string, changed: () => void): () => void;
}

export function createJobs(
  context: JobContext,
  deps: {
    readonly compiler: Compiler;
    readonly feed: Pick<StateFeed, "watch">;
    readonly onSubmitted: () => void;
    readonly onCancelRequested: (job: string) => void;
  },
): Jobs {
  const { store, work, clock } = context;
  const { db } = store;
  const access = createJobAccess(context);
  const quotas = createQuotas(context);
  const queries = createSavedQueries(context, access);
  const resolve = createStatementSource(queries, context.limits.sqlBytes);
  const submit = createSubmit(context, { access, quotas, resolve });

  const find: Jobs["find"] = async (actor, job) => {
    const row = await access.load(actor, job, "read");
    return row === undefined ? refuse("JOB_NOT_FOUND") : viewOf(row);
  };

  return {
    find,
    queries,
    watch: deps.feed.watch,
    countOpen: async () => {
      const rows = await db
        .selectFrom("job")
        .select(({ fn }) => ["state", fn.countAll<string>().as("jobs")])
        .where("state", "in", ["queued", "running"])
        .groupBy("state")
        .execute();
      const countOf = (state: "queued" | "running") => Number(rows.find((row) => row.state === state)?.jobs ?? 0);
      return { queued: countOf("queued"), running: countOf("running") };
    },
    list: createJobList(context, access),
    ...createExplain(context, { access, quotas, resolve, compiler: deps.compiler }),
    submit: async (actor, request) => {
      const row = await submit(actor, request);
      if (isRefusal(row)) return row;
      deps.onSubmitted();
      return viewOf(row);
    },
    label: async (actor, { job, labels }) => {
      const no = (code: JobRefusalCode) => access.refused(actor, { type: "job.labelled", object: job, code });
      const row = await access.load(actor, job, "label");
      if (row === undefined) return no("JOB_NOT_FOUND");
      const plain = parseLabels(labels);
      if (plain === undefined) return no("JOB_LABELS_INVALID");
      const update = db
        .updateTable("job")
        .set({ labels: [...plain] })
        .where("id", "=", row.id)
        .returning("id");
      // Labels are people's own words and change; the log, which nobody can shorten, counts them only.
      await work.change(
        { type: "job.labelled", actor: toActor(actor), object: row.id, outcome: "done", data: { labels: plain.length } },
        [expectOne(update)],
      );
      return find(actor, row.id);
    },
    cancel: async (actor, job) => {
      const no = (code: JobRefusalCode) => access.refused(actor, { type: "job.refused", object: job, code });
      const row = await access.load(actor, job, "cancel");
      if (row === undefined) return no("JOB_NOT_FOUND");
      if (isFinal(row.state)) return no("JOB_ALREADY_FINISHED");
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
        if (told.kind === "conflict") return no("JOB_ALREADY_FINISHED");
        deps.onCancelRequested(row.id);
      }
      return find(actor, row.id);
    },
  };
}
