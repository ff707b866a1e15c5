import type { GovernanceRefusalCode } from "../../governance/index.ts";
import type { Answer } from "./answer.ts";

export const governanceAnswers: Readonly<Record<GovernanceRefusalCode, Answer>> = {
  AGREEMENT_NOT_FOUND: { status: 404, title: "There is no such agreement; GET /v1/agreements lists those the caller may see." },
  AGREEMENT_PARTY_INVALID: {
    status: 422,
    title: "A party is not an organisation of the right kind. Name an implementing agency and an operator.",
    article: "16",
  },
  AGREEMENT_TEXT_INVALID: { status: 422, title: "Scenario, purpose and reason are plain texts, not empty. Write them out." },
  AGREEMENT_DAY_INVALID: { status: 422, title: "The term's days are civil days. Write them as 2026-01-31." },
  AGREEMENT_TERM_EMPTY: { status: 422, title: "The term ends after it starts. Choose a later last day." },
  AGREEMENT_TERM_TOO_LONG: {
    status: 422,
    title: "The term is at most three years. Choose an earlier last day; a new agreement may follow.",
    article: "17",
  },
  AGREEMENT_RESOURCE_UNKNOWN: {
    status: 422,
    title: "There is no such resource to authorise. Look the id up: GET /v1/resources.",
  },
  AGREEMENT_RESOURCE_CORE: {
    status: 422,
    title: "Core data (核心数据) are never authorised. Leave the resource out.",
    article: "11",
  },
  AGREEMENT_TABLE_NAME: {
    status: 422,
    title: "Each table in scope has a plain SQL name of its own. Choose another, of letters, digits and underscores.",
  },
  AGREEMENT_COLUMN_UNKNOWN: {
    status: 422,
    title: "There is no such column in that resource. Look the name up: GET /v1/resources.",
  },
  AGREEMENT_COLUMN_FREE_TEXT: { status: 422, title: "Free text is never in scope. Leave the column out.", article: "19" },
  AGREEMENT_COLUMN_CONTROLS: {
    status: 422,
    title: "An agreement lets no more be asked of a column than the catalogue does. Leave the control out, or tighten it.",
  },
  AGREEMENT_OWNER_KEY_MISSING: {
    status: 422,
    title: "The scope of a protected table includes its owners' keys; they become surrogates. Add them to the columns in scope.",
  },
  AGREEMENT_ROW_FILTER: {
    status: 422,
    title: "A row filter does not fit its column. Write a value of the column's type, and a comparison that it takes.",
  },
  AGREEMENT_RULES_TOO_LOOSE: {
    status: 422,
    title:
      "An agreement's release rules are as strict as the platform's floor, or stricter. Raise what `more` names, or leave it out.",
    article: "24",
  },
  AGREEMENT_MODE_NOT_OFFERED: {
    status: 422,
    title: "The platform does not offer this release mode yet. Choose one that is offered.",
  },
  AGREEMENT_NOT_IN_THAT_STATE: {
    status: 409,
    title: "The agreement is not in a state that allows this. Read it: its `state` says what may follow.",
  },
  AGREEMENT_NOT_AUTHOR: { status: 403, title: "A draft is replaced by its author; ask the author, or draft another." },
  AGREEMENT_CHANGED: {
    status: 412,
    title: "The agreement is not what If-Match names any more. Read it, then decide again.",
  },
  AGREEMENT_VERSION_UNNAMED: {
    status: 428,
    title: "Name what was read: `If-Match` with the agreement's ETag. A draft that was replaced is not approved unseen.",
  },
  AGREEMENT_OWN_DRAFT: {
    status: 403,
    title: "This step is for another person of the agency than the author. Ask a colleague.",
    article: "16",
  },
  AGREEMENT_SCENARIO_TAKEN: {
    status: 409,
    title: "The scenario has an agreement in force: one scenario, one agreement. Use that one, or end it first.",
    article: "15",
  },
  AGREEMENT_ALREADY_OVER: { status: 409, title: "The agreement's term is over. Draft a new one.", article: "18" },
};
