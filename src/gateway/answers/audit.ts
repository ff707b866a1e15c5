import type { AuditRefusalCode } from "../../audit/index.ts";
import type { Answer } from "./answer.ts";

export const auditAnswers: Readonly<Record<AuditRefusalCode, Answer>> = {
  AUDIT_NOT_FOUND: { status: 404, title: "No event names this id; look whether it is whole." },
  AUDIT_TIME_MALFORMED: { status: 400, title: "Times are RFC 3339, such as 2026-03-02T08:00:00Z. Write them so." },
  AUDIT_LOG_NOT_SIGNING: {
    status: 503,
    title:
      "The log signs nothing: the store does not go with the last published checkpoint. The platform's administrators know more.",
  },
  AUDIT_ORIGIN_NOT_NEEDED: {
    status: 409,
    title:
      "The log signs, or is damaged in a way that a new origin would only hide. Ask the platform's administrators to look for the damage.",
  },
  AUDIT_ORIGIN_PROPOSED: {
    status: 409,
    title: "A new origin is proposed already; it waits for another administrator. Ask that administrator.",
  },
  AUDIT_ORIGIN_NOT_FOUND: {
    status: 404,
    title: "There is no such proposal of a new origin that waits for approval. Look whether it was approved: the log signs then.",
  },
  AUDIT_ORIGIN_OWN: {
    status: 403,
    title: "A new origin is approved by another person than proposed it. Ask another administrator.",
  },
};
