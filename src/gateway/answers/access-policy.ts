import type { PolicyRefusalCode } from "../../identity/index.ts";
import type { Answer } from "./answer.ts";

export const accessPolicyAnswers: Readonly<Record<PolicyRefusalCode, Answer>> = {
  POLICY_INVALID: {
    status: 422,
    title:
      "No access policy may say so; `more` tells the first problem, its line, and the lines of the others (三员分立). Correct them.",
  },
  POLICY_UNCHANGED: { status: 409, title: "The active policy says the same. Leave it, or change a line first." },
  POLICY_REASON_INVALID: {
    status: 422,
    title: "A proposal and a rejection give a reason, a plain text that is not empty. Write one.",
  },
  POLICY_PROPOSAL_OPEN: {
    status: 409,
    title: "A proposal is open; it is confirmed, rejected or withdrawn first. Look it up: GET /v1/policy/proposals.",
  },
  POLICY_PROPOSAL_NOT_FOUND: { status: 404, title: "There is no such proposal; GET /v1/policy/proposals lists them." },
  POLICY_PROPOSAL_OWN: {
    status: 403,
    title: "Another person of the audit administration confirms; nobody confirms their own. Ask one of them.",
  },
  POLICY_PROPOSAL_CHANGED: { status: 409, title: "The hash is not of this proposal's text; read it again." },
  POLICY_PROPOSAL_DECIDED: {
    status: 409,
    title: "The proposal has been decided, or another policy has become active since. Read the active policy, then propose anew.",
  },
};
