import type { FastifyReply } from "fastify";
import type { Refusal } from "../kernel/index.ts";
import { type AnswerCode, answers } from "./answers.ts";

/** An RFC 9457 problem with a stable `code`; `detail` is fixed text, never foreign error text. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: AnswerCode;
  /** Article of the regulation that asks for the refusal, where there is one. */
  readonly article?: string | undefined;
  /** What the refusal itself may tell: names of settings, places, limits. */
  readonly more?: Readonly<Record<string, unknown>> | undefined;
  /** Names the request in the platform's own logs. */
  readonly request: string;
}

export function isAnswerCode(code: string): code is AnswerCode {
  return Object.hasOwn(answers, code);
}

/** A code nobody gave an answer is a bug, and must not open anything: 500. */
export function toProblem(code: string, request: string, more?: Problem["more"]): Problem {
  const known = isAnswerCode(code) ? code : "INTERNAL";
  const answer = answers[known];
  return {
    type: `urn:hanguang:problem:${known.toLowerCase()}`,
    title: answer.title,
    status: answer.status,
    code: known,
    article: answer.article,
    more,
    request,
  };
}

export function sendProblem(reply: FastifyReply, code: string, more?: Problem["more"]): FastifyReply {
  const problem = toProblem(code, String(reply.request.id), more);
  const seconds = more?.["retryAfterSeconds"];
  if (typeof seconds === "number") reply.header("retry-after", String(seconds));
  return reply.code(problem.status).type("application/problem+json").send(problem);
}

/** What a route sends back for a refusal that a feature returned. */
export function sendRefusal(reply: FastifyReply, refusal: Refusal): FastifyReply {
  return sendProblem(reply, refusal.code, refusal.detail);
}
