import type { FastifyReply, FastifyRequest } from "fastify";
import type { HeldRequest, Idempotency, KeptAnswer } from "../audit/index.ts";
import type { AuthenticatedActor } from "../identity/index.ts";
import { isRefusal, type JsonValue, KernelError, type Refusal, refuse } from "../kernel/index.ts";
import type { RouteFacts } from "./route.ts";

/**
 * `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a request that may be sent again until it
 * is answered, and is carried out once. docs/adr/0013-http-gateway.md says what holds when it is cut off.
 */
export interface IdempotentRequests {
  /** Undefined: go on (under the key, where one was sent). An answer of before is sent, a refusal given back. */
  begin(
    request: FastifyRequest,
    reply: FastifyReply,
    caller: AuthenticatedActor | undefined,
  ): Promise<Refusal | FastifyReply | undefined>;
  /** Carries the request out, under its key where it has one. */
  run<T>(request: FastifyRequest, work: () => Promise<T>): Promise<T>;
  /** The answer is about to go out: a repetition shall get it too. */
  settle(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<void>;
}

const writes: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH", "DELETE"]);
/** Getting in, and one's own credentials: a second token for one login is no harm, a kept answer would be. */
const ownDoor = /^\/v1\/(auth|me)\//;

export const isWrite = ({ method }: Pick<RouteFacts, "method">): boolean => writes.has(String(method));

/** Whether the route is carried out once under a key. */
export function takesKey(route: Pick<RouteFacts, "method" | "url" | "permission" | "stream">): boolean {
  return isWrite(route) && route.permission !== "public" && route.stream === undefined && !ownDoor.test(route.url);
}

/** A string of RFC 9651 (`"…"`), or the same characters bare, as many clients send them. */
export function parseKey(header: string): string | undefined {
  const [, quoted, bare] = /^(?:"([\x20\x21\x23-\x5b\x5d-\x7e]{1,128})"|([\w.:~+/=-]{1,128}))$/.exec(header) ?? [];
  return quoted ?? bare;
}

const keptHeaders = ["content-type", "location", "etag"] as const;

function keptAnswer(reply: FastifyReply, payload: unknown): KeptAnswer | undefined {
  if (payload !== undefined && payload !== null && typeof payload !== "string") return undefined;
  const headers = keptHeaders.flatMap((name) => {
    const value = reply.getHeader(name);
    return typeof value === "string" ? [[name, value] as const] : [];
  });
  return { status: reply.statusCode, headers: Object.fromEntries(headers), body: payload ?? "" };
}

/** A text of half a character, or JSON nested without end, cannot be told apart from another by a hash. */
function hasNoForm(error: unknown): Refusal {
  if (error instanceof KernelError && error.code === "KERNEL_JSON_INVALID")
    return refuse("REQUEST_INVALID", { in: "body", problem: "holds a text or a nesting that has no canonical form" });
  throw error;
}

export function createIdempotentRequests(
  route: RouteFacts,
  deps: { readonly idempotency: Idempotency; readonly log: (message: string, error: unknown) => void },
): IdempotentRequests {
  const held = new WeakMap<FastifyRequest, HeldRequest>();
  const routeName = `${String(route.method)} ${route.url}`;
  return {
    begin: async (request, reply, caller) => {
      const header = request.headers["idempotency-key"];
      if (header === undefined || !isWrite(route)) return undefined;
      // Not heeded and not told would be a promise that nobody keeps.
      if (!takesKey(route) || caller === undefined) return refuse("IDEMPOTENCY_NOT_HERE");
      const key = typeof header === "string" ? parseKey(header) : undefined;
      if (key === undefined) return refuse("IDEMPOTENCY_KEY_INVALID");
      const { params, query, body, headers } = request as { [part: string]: unknown } & FastifyRequest;
      const content = {
        // Copies: the router's own objects have no prototype, which canonical JSON does not take for plain.
        params: { ...(params as Readonly<Record<string, JsonValue>>) },
        query: { ...(query as Readonly<Record<string, JsonValue>>) },
        body: route.body === undefined ? null : (body as JsonValue),
        ifMatch: headers["if-match"] ?? null,
      };
      const begun = await deps.idempotency.begin({ account: caller.id, route: routeName, key, content }).catch(hasNoForm);
      if (isRefusal(begun)) return begun;
      if ("kind" in begun) {
        const { status, headers: kept, body: text } = begun.answer;
        reply.code(status).headers(kept).header("idempotency-replayed", "?1");
        return reply.send(text === "" ? undefined : text);
      }
      held.set(request, begun);
      return undefined;
    },
    run: (request, work) => {
      const mine = held.get(request);
      return mine === undefined ? work() : mine.run(work);
    },
    settle: async (request, reply, payload) => {
      const mine = held.get(request);
      if (mine === undefined) return;
      held.delete(request);
      const { statusCode } = reply;
      try {
        if (statusCode < 400) await mine.answered(route.secret === true ? undefined : keptAnswer(reply, payload));
        else await mine.failed(statusCode < 500 ? keptAnswer(reply, payload) : undefined);
      } catch (error) {
        // The request is done and is answered; a repetition is told where to look.
        deps.log("an answer could not be kept for its repetition", error);
      }
    },
  };
}
