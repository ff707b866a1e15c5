import type { SessionLimit } from "../identity/index.ts";
import type { AnswerCode } from "./answers.ts";

/** What a session is told that has something to do first. */
export const codeOfLimit: Readonly<Record<SessionLimit, AnswerCode>> = {
  "second-factor": "IDENTITY_SECOND_FACTOR_NEEDED",
  "password-change": "IDENTITY_PASSWORD_CHANGE_NEEDED",
  enrolment: "IDENTITY_ENROLMENT_NEEDED",
};

export const sessionLimits = Object.keys(codeOfLimit) as readonly SessionLimit[];
