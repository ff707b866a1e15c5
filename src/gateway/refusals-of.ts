import { type AnswerCode, answers } from "./answers.ts";
import { isWrite, takesKey } from "./idempotent-requests.ts";
import type { RouteFacts } from "./route.ts";
import { codeOfLimit, sessionLimits } from "./session-limits.ts";

/** What may befall any request. */
const always: readonly AnswerCode[] = [
  "REQUEST_INVALID",
  "REQUEST_LIMIT",
  "REQUEST_MALFORMED",
  "REQUEST_HEADERS_TOO_LARGE",
  "REQUEST_TIMEOUT",
  "REQUEST_EXPECTATION",
  "UNAVAILABLE",
  "INTERNAL",
];
const unfit: readonly AnswerCode[] = ["POLICY_NOT_LOADED", "POLICY_UNEXPLAINED", "CLOCK_OFF"];
const noNewWork: readonly AnswerCode[] = ["GATEWAY_DRAINING", "DISK_LOW"];
const withToken: readonly AnswerCode[] = [
  "IDENTITY_TOKEN_MISSING",
  "IDENTITY_TOKEN_INVALID",
  // Of a configured issuer's token.
  "IDENTITY_NOT_MAPPED",
  "IDENTITY_SIGN_IN_NEEDED",
  "IDENTITY_ISSUER_UNREACHABLE",
];
const withBody: readonly AnswerCode[] = ["REQUEST_TOO_LARGE", "REQUEST_MEDIA_TYPE"];

/** Which limited sessions a route stays closed to. */
const limitsOf = ({ whileLimited = [] }: RouteFacts) => sessionLimits.filter((limit) => !whileLimited.includes(limit));

const withKey: readonly AnswerCode[] = [
  "IDEMPOTENCY_KEY_INVALID",
  "IDEMPOTENCY_KEY_REUSED",
  "IDEMPOTENCY_IN_FLIGHT",
  "IDEMPOTENCY_ANSWER_LOST",
  "IDEMPOTENCY_ANSWER_NOT_KEPT",
];

/** Every code a route may answer with: its handler's, and what follows from its form. */
export function refusalsOf(route: RouteFacts): readonly AnswerCode[] {
  const codes: readonly (readonly AnswerCode[])[] = [
    always,
    // Whoever watches a gateway asks it directly; it is told nothing that a proxy would have to protect.
    route.evenUnfit === true && route.permission !== "watcher" ? [] : ["REQUEST_EXPOSED"],
    route.evenUnfit === true ? [] : unfit,
    route.newWork !== undefined ? noNewWork : [],
    // With a browser's cookie from another site's page.
    route.method === "GET" ? [] : ["REQUEST_ORIGIN"],
    route.permission === "public" ? [] : route.permission === "watcher" ? withToken.slice(0, 2) : withToken,
    ["public", "identified", "watcher"].includes(String(route.permission)) ? [] : ["ACCESS_DENIED"],
    ["public", "watcher"].includes(String(route.permission)) ? [] : limitsOf(route).map((limit) => codeOfLimit[limit]),
    route.recent === true ? ["IDENTITY_REAUTHENTICATION_NEEDED"] : [],
    // An address that is too long to be an id is told like one that is not there.
    route.params === undefined ? [] : ["NOT_FOUND"],
    // Where no body is taken too: a client may send one, and it is read before anything asks what for.
    route.method === "GET" ? [] : withBody,
    route.ifMatch === "required" ? ["PRECONDITION_MISSING"] : [],
    takesKey(route) ? withKey : isWrite(route) ? ["IDEMPOTENCY_NOT_HERE"] : [],
    route.refuses ?? [],
  ];
  return [...new Set(codes.flat())];
}

/** The codes by the status they are answered with, lowest first. */
export function refusalsByStatus(route: RouteFacts): ReadonlyMap<number, readonly AnswerCode[]> {
  const grouped = Map.groupBy(refusalsOf(route), (code) => answers[code].status as number);
  return new Map([...grouped].sort(([a], [b]) => a - b));
}
