import type { FastifyInstance } from "fastify";
import { sendRefusal } from "./problem.ts";
import type { RateLimits } from "./rate-limits.ts";
import { varyBy } from "./vary.ts";

/** What a page elsewhere may send: tokens in headers, never a cookie. */
const takenHeaders = [
  "authorization",
  "content-type",
  "idempotency-key",
  "if-match",
  "if-none-match",
  "last-event-id",
  "tus-resumable",
  "upload-length",
  "upload-metadata",
  "upload-offset",
  "upload-checksum",
].join(", ");
const shownHeaders = [
  "content-disposition",
  "etag",
  "idempotency-replayed",
  "location",
  "ratelimit",
  "ratelimit-policy",
  "retry-after",
  "tus-resumable",
  "upload-expires",
  "upload-length",
  "upload-offset",
  "x-request-id",
].join(", ");
/** A browser keeps what it was told for this long. */
const keptSeconds = 600;

/** The platform's interface, without what gets people in and out: that is for its own pages, which have the cookie. */
const isOpen = (url: string): boolean => url.startsWith("/v1/") && !/^\/v1\/(auth\/|me\/|setup$)/.test(url);

/**
 * CORS (WHATWG Fetch §3.2) for pages of exactly these origins; none, and nothing is said of it at all.
 * Credentials are never allowed, so a browser adds no cookie and a page can only show a token it has.
 * A plug-in would answer preflights before routing, for addresses whose routes it does not know.
 */
export function addCrossOrigin(
  app: FastifyInstance,
  deps: { readonly origins: readonly string[]; readonly limits: Pick<RateLimits, "ofAddress"> },
): { readonly addPreflights: () => void } {
  const allowed: ReadonlySet<string> = new Set(deps.origins);
  if (allowed.size === 0) return { addPreflights: () => undefined };
  const methodsAt = new Map<string, Set<string>>();
  const allowOf = (url: string): string => Array.from(methodsAt.get(url) ?? []).join(", ");
  app.addHook("onRoute", ({ url, method }) => {
    if (!isOpen(url)) return;
    methodsAt.set(url, new Set([...(methodsAt.get(url) ?? []), ...[method].flat()]));
  });
  app.addHook("onRequest", async (request, reply) => {
    const url = request.routeOptions.url ?? "";
    if (!methodsAt.has(url)) return undefined;
    varyBy(reply, "origin");
    const { origin } = request.headers;
    const isAllowed = origin !== undefined && allowed.has(origin);
    if (isAllowed) reply.headers({ "access-control-allow-origin": origin, "access-control-expose-headers": shownHeaders });
    const isPreflight = request.method === "OPTIONS" && request.headers["access-control-request-method"] !== undefined;
    if (!isPreflight || origin === undefined) return undefined;
    const limited = await deps.limits.ofAddress(request, "read");
    if (limited !== undefined) return sendRefusal(reply, limited);
    if (isAllowed)
      reply.headers({
        "access-control-allow-methods": allowOf(url),
        "access-control-allow-headers": takenHeaders,
        "access-control-max-age": String(keptSeconds),
      });
    return reply.code(204).send();
  });
  return {
    addPreflights: () => {
      for (const [url, methods] of [...methodsAt])
        if (!methods.has("OPTIONS"))
          app.route({
            method: "OPTIONS",
            url,
            config: { permission: "public" },
            handler: async (request, reply) => {
              const limited = await deps.limits.ofAddress(request, "read");
              return limited === undefined ? reply.code(204).header("allow", allowOf(url)).send() : sendRefusal(reply, limited);
            },
          });
    },
  };
}
