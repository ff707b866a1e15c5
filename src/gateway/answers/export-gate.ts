import type { ExportRefusalCode } from "../../export-gate/index.ts";
import type { Answer } from "./answer.ts";

export const exportGateAnswers: Readonly<Record<ExportRefusalCode, Answer>> = {
  RESULT_NOT_CHECKED: { status: 500, title: "The result did not stand up to its checks and is not shown." },
  RESULT_EXPIRED: { status: 410, title: "The result was kept for its time and is deleted; submit the statement again." },
  RESULT_NOT_FOUND: { status: 404, title: "There is no such result. Look the job up: GET /v1/jobs." },
  EXPORT_NOT_FOUND: { status: 404, title: "There is no such export; GET /v1/exports lists those the caller may see." },
  EXPORT_AGREEMENT_NOT_IN_FORCE: {
    status: 403,
    title: "The agreement is not in force; with its end all use ends. Ask the implementing agency for a new one.",
    article: "36",
  },
  EXPORT_RERUN_FAILED: { status: 409, title: "The second run gave no result to compare; submit the statement again." },
  EXPORT_TEXT_INVALID: { status: 422, title: "Purpose and product name are plain texts, not empty. Write them out." },
  EXPORT_NOT_IN_THAT_STATE: {
    status: 409,
    title: "The export is not in a state that allows this. Read it: its `state` says what may follow.",
  },
  EXPORT_REVIEWER_EXCLUDED: {
    status: 403,
    title: "This step is for the agency's people, never for the author or the operator. Ask a colleague of the agency.",
    article: "24",
  },
  EXPORT_ALREADY_VOTED: {
    status: 409,
    title:
      "This reviewer has voted, and a vote stands; the other reviewers' are waited for. Read the export to see where it stands.",
  },
  EXPORT_REASON_MISSING: {
    status: 422,
    title: "A rejection, and an approval against the machine, gives its reason (10 characters at least). Write it out.",
  },
  EXPORT_GRANT_INVALID: {
    status: 403,
    title:
      "The grant is not valid: wrong, used, expired, another account's, or withdrawn. Ask for a new one: POST /v1/exports/{id}/downloads.",
  },
};
