import Type from "typebox";
import type { ExportGate, WholeFormat } from "../../export-gate/index.ts";
import { isRefusal } from "../../kernel/index.ts";
import type { Jobs } from "../../sandbox/index.ts";
import { type AnyRoute, route } from "../route.ts";
import { closed, dayText, idParams, idText, longText, numberText } from "../shapes.ts";
import { bytes, json, text } from "../success.ts";
import { jobPriority, jobState, jobView, labels, labelText, resultPage } from "../views/job-view.ts";
import { explanation, statement, statementRefusals } from "../views/statement-view.ts";

const mediaTypes: Readonly<Record<WholeFormat, string>> = {
  csv: "text/csv; charset=utf-8",
  parquet: "application/vnd.apache.parquet",
  arrow: "application/vnd.apache.arrow.stream",
};

export function jobRoutes({
  jobs,
  gate,
}: {
  readonly jobs: Jobs;
  readonly gate: Pick<ExportGate, "showResult">;
}): readonly AnyRoute[] {
  return [
    route({
      method: "POST",
      url: "/v1/agreements/:id/jobs",
      permission: { action: "submit", kind: "job" },
      newWork: true,
      summary: "Submits one SQL statement under an agreement; answers at once, the job runs in the enclave.",
      params: idParams,
      body: closed({
        ...statement,
        purpose: Type.Optional(longText),
        labels: Type.Optional(labels),
        priority: Type.Optional(jobPriority),
      }),
      answers: { 202: json(jobView) },
      sends: ["location"],
      refuses: [
        ...statementRefusals,
        "JOB_AGREEMENT_NOT_IN_FORCE",
        "JOB_PURPOSE_MISMATCH",
        "JOB_LABELS_INVALID",
        "JOB_QUEUE_FULL",
        "JOB_QUOTA_SPENT",
      ],
      handle: async ({ caller, params, body, reply }) => {
        const job = await jobs.submit(caller, { agreement: params.id, ...body });
        if (!isRefusal(job)) reply.header("location", `/v1/jobs/${job.id}`);
        return job;
      },
    }),
    route({
      method: "GET",
      url: "/v1/jobs",
      permission: { action: "read", kind: "job" },
      summary:
        "Jobs that the caller may see, newest first; `from` and `to` are civil days of submission, `to` the first left out.",
      query: closed({
        agreement: Type.Optional(idText),
        state: Type.Optional(jobState),
        label: Type.Optional(labelText),
        author: Type.Optional(idText),
        from: Type.Optional(dayText),
        to: Type.Optional(dayText),
        cursor: Type.Optional(idText),
        limit: Type.Optional(numberText),
      }),
      answers: { 200: json(closed({ items: Type.Array(jobView), next: Type.Optional(idText) })) },
      refuses: ["JOB_DAY_INVALID"],
      handle: ({ caller, query }) =>
        jobs.list(caller, { ...query, limit: query.limit === undefined ? undefined : Number(query.limit) }),
    }),
    route({
      method: "GET",
      url: "/v1/jobs/:id",
      permission: { action: "read", kind: "job" },
      summary: "State of a job; for a refused statement the place, the rule and what would be accepted.",
      params: idParams,
      answers: { 200: json(jobView) },
      refuses: ["JOB_NOT_FOUND"],
      handle: ({ caller, params }) => jobs.find(caller, params.id),
    }),
    route({
      method: "DELETE",
      url: "/v1/jobs/:id",
      permission: { action: "cancel", kind: "job" },
      summary: "Cancels a waiting or running job.",
      params: idParams,
      answers: { 202: json(jobView) },
      refuses: ["JOB_NOT_FOUND", "JOB_ALREADY_FINISHED"],
      handle: ({ caller, params }) => jobs.cancel(caller, params.id),
    }),
    route({
      method: "PUT",
      url: "/v1/jobs/:id/labels",
      permission: { action: "label", kind: "job" },
      summary: "Puts labels in place of those the job has.",
      params: idParams,
      body: closed({ labels }),
      answers: { 200: json(jobView) },
      refuses: ["JOB_NOT_FOUND", "JOB_LABELS_INVALID"],
      handle: ({ caller, params, body }) => jobs.label(caller, { job: params.id, labels: body.labels }),
    }),
    route({
      method: "POST",
      url: "/v1/agreements/:id/explain",
      permission: { action: "submit", kind: "job" },
      summary:
        "Compiles a statement without running it: owners, figures and rules relation by relation, or the refusal. Never from data.",
      params: idParams,
      body: closed(statement),
      answers: { 200: json(explanation) },
      refuses: [...statementRefusals, "JOB_AGREEMENT_NOT_IN_FORCE", "JOB_QUOTA_SPENT", "JOB_EXPLAIN_BUSY"],
      handle: ({ caller, params, body }) => jobs.explain(caller, { agreement: params.id, ...body }),
    }),
    route({
      method: "GET",
      url: "/v1/jobs/:id/result",
      permission: { action: "read", kind: "result" },
      summary:
        "The checked result: paged as JSON, or whole as CSV, Parquet or an Arrow stream. `format` alone decides, not `Accept`. Each showing is recorded.",
      params: idParams,
      query: closed({
        format: Type.Optional(
          Type.Union([Type.Literal("json"), Type.Literal("csv"), Type.Literal("parquet"), Type.Literal("arrow")]),
        ),
        cursor: Type.Optional(numberText),
        limit: Type.Optional(numberText),
      }),
      answers: {
        200: {
          ...json(resultPage),
          ...text("text/csv"),
          ...bytes("application/vnd.apache.parquet"),
          ...bytes("application/vnd.apache.arrow.stream"),
        },
      },
      refuses: ["RESULT_NOT_FOUND", "RESULT_EXPIRED", "EXPORT_AGREEMENT_NOT_IN_FORCE"],
      handle: async ({ caller, params, query, reply }) => {
        const shown = await gate.showResult(caller, params.id, query);
        return "bytes" in shown ? reply.type(mediaTypes[shown.format]).send(shown.bytes) : shown;
      },
    }),
  ];
}
