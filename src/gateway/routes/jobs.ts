import Type from "typebox";
import type { ExportGate } from "../../export-gate/index.ts";
import { isRefusal } from "../../kernel/index.ts";
import type { Jobs } from "../../sandbox/index.ts";
import { type AnyRoute, route } from "../route.ts";
import { closed, idParams, longText, numberText } from "../shapes.ts";
import { json, text } from "../success.ts";
import { jobView, resultPage } from "../views/job-view.ts";

const sqlText = Type.String({ minLength: 1, maxLength: 1_048_576 });
/** `:name` or `$name` in the statement → its value; types are checked by the compiler's own rules. */
const parameters = Type.Record(
  Type.String({ pattern: "^[A-Za-z_][A-Za-z0-9_]{0,62}$" }),
  closed({
    type: Type.String({ minLength: 1, maxLength: 20 }),
    value: Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]),
  }),
  { maxProperties: 100, additionalProperties: false },
);

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
      summary: "Submits one SQL statement under an agreement; answers at once, the job runs in the enclave.",
      params: idParams,
      body: closed({ sql: sqlText, parameters: Type.Optional(parameters), purpose: Type.Optional(longText) }),
      answers: { 202: json(jobView) },
      sends: ["location"],
      refuses: [
        "JOB_AGREEMENT_NOT_IN_FORCE",
        "JOB_PURPOSE_MISMATCH",
        "JOB_SQL_TOO_LONG",
        "JOB_PARAMETERS_INVALID",
        "JOB_QUEUE_FULL",
      ],
      handle: async ({ caller, params, body, reply }) => {
        const job = await jobs.submit(caller, { agreement: params.id, ...body });
        if (!isRefusal(job)) reply.header("location", `/v1/jobs/${job.id}`);
        return job;
      },
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
      method: "GET",
      url: "/v1/jobs/:id/result",
      permission: { action: "read", kind: "result" },
      summary: "The checked result, paged as JSON or whole as CSV. Each showing is recorded.",
      params: idParams,
      query: closed({
        format: Type.Optional(Type.Union([Type.Literal("json"), Type.Literal("csv")])),
        cursor: Type.Optional(numberText),
        limit: Type.Optional(numberText),
      }),
      answers: { 200: { ...json(resultPage), ...text("text/csv") } },
      refuses: ["RESULT_NOT_FOUND", "RESULT_EXPIRED", "EXPORT_AGREEMENT_NOT_IN_FORCE"],
      handle: async ({ caller, params, query, reply }) => {
        const shown = await gate.showResult(caller, params.id, query);
        return "csv" in shown ? reply.type("text/csv; charset=utf-8").send(shown.csv) : shown;
      },
    }),
  ];
}
