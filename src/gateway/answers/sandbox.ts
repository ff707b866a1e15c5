import type { JobRefusalCode } from "../../sandbox/index.ts";
import type { Answer } from "./answer.ts";

export const sandboxAnswers: Readonly<Record<JobRefusalCode, Answer>> = {
  JOB_NOT_FOUND: { status: 404, title: "There is no such job; GET /v1/jobs lists those the caller may see." },
  JOB_AGREEMENT_NOT_IN_FORCE: {
    status: 403,
    title:
      "There is no such agreement in force now for this caller. Look the id up (GET /v1/agreements), or ask the implementing agency.",
    article: "18",
  },
  JOB_SQL_TOO_LONG: {
    status: 413,
    title: "The statement is too long (setting enclave.sqlBytes); make it shorter, or two of it. Shorten it, or split it.",
  },
  JOB_PARAMETERS_INVALID: {
    status: 422,
    title: "A parameter is not what its type says; `more` names it. Correct its value or its type.",
  },
  JOB_PURPOSE_MISMATCH: {
    status: 403,
    title: "A job serves the agreement's purpose and no other. Send the agreement's own purpose, or none.",
    article: "19",
  },
  JOB_STATEMENT_MISSING: {
    status: 422,
    title: "Send either `sql`, or `query` (and perhaps its `version`) of a saved statement.",
  },
  JOB_LABELS_INVALID: {
    status: 422,
    title: "A job has up to 16 labels, each a plain text of up to 50 characters. Leave some out, or shorten them.",
  },
  JOB_DAY_INVALID: {
    status: 422,
    title:
      "`from` and `to` are civil days of Asia/Shanghai since 1992; `to` is the first day left out. Write them as 2026-01-31.",
  },
  JOB_QUOTA_SPENT: {
    status: 429,
    title: "The operator's quota of this day is spent; a new day begins at midnight, Asia/Shanghai. Wait for that.",
  },
  JOB_EXPLAIN_BUSY: { status: 429, title: "Statements of this operator are being explained; wait for them." },
  SAVED_QUERY_NOT_FOUND: {
    status: 404,
    title: "There is no such saved statement, or no such version. Look the id up: GET /v1/agreements/{id}/queries.",
  },
  SAVED_QUERY_TITLE_INVALID: {
    status: 422,
    title: "A saved statement has a title: a plain text of up to 200 characters. Write such a text.",
  },
  SAVED_QUERY_TOO_MANY: {
    status: 409,
    title: "The operator has too many saved statements under this agreement. Use one of those, under a new version.",
  },
  SAVED_QUERY_CHANGED: { status: 409, title: "Another version was saved at the same moment; look, and save again." },
  JOB_STREAMS_FULL: { status: 429, title: "This account listens to too many jobs at once; close a stream, or ask for the job." },
  JOB_QUEUE_FULL: { status: 429, title: "The operator has too many jobs waiting; wait for some to end." },
  JOB_ALREADY_FINISHED: {
    status: 409,
    title: "The job has ended; there is nothing left to stop. GET /v1/jobs/{id} says how it ended.",
  },
  JOB_RESULT_NOT_READY: {
    status: 409,
    title: "The job has no result to work with; wait until its `state` is done, or read its `answer`.",
  },
  JOB_PROVISION_IMPOSSIBLE: {
    status: 409,
    title: "A resource in scope has no data yet; its source unit hands some in first. Ask that unit.",
  },
  JOB_ISOLATION_TOO_WEAK: { status: 503, title: "The machine cannot wall the enclave in as demanded." },
};
