import type { IdempotencyRefusalCode } from "../../audit/index.ts";
import type { Answer } from "./answer.ts";

export const idempotencyAnswers: Readonly<Record<IdempotencyRefusalCode, Answer>> = {
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    title: "This Idempotency-Key was sent with another request before; a new request has a new key. Send a new one.",
  },
  IDEMPOTENCY_IN_FLIGHT: {
    status: 409,
    title: "The request sent first with this Idempotency-Key is still under way; ask again in a moment.",
  },
  IDEMPOTENCY_ANSWER_LOST: {
    status: 409,
    title:
      "The request sent first with this key did its work and was cut off before its answer. Look at `more.object`; do not send it again.",
  },
  IDEMPOTENCY_ANSWER_NOT_KEPT: {
    status: 409,
    title:
      "The request sent first with this key was carried out; its answer held a secret and is not kept. Look at `more.object`, or ask for a new one.",
  },
};
