import type { FastifyInstance, FastifyRequest } from "fastify";
import type { AuthenticatedActor } from "../identity/index.ts";
import { clientAddress } from "./client-address.ts";
import type { Metrics } from "./metrics.ts";

/** By what a caller was let in. */
function doorOf({ key, issuer }: AuthenticatedActor): "session" | "service-key" | "issuer" {
  if (key !== undefined) return "service-key";
  return issuer === undefined ? "session" : "issuer";
}

/**
 * One line a request, when its answer is out. Nothing that the sender wrote enters: the route's pattern
 * stands for the address, the caller's id for the token. Who did what is told by the audit; this tells
 * how the platform fares.
 */
export function addAccessLog(
  app: FastifyInstance,
  deps: {
    readonly callerOf: (request: FastifyRequest) => AuthenticatedActor | undefined;
    readonly metrics: Pick<Metrics, "answered">;
  },
): void {
  const writtenBefore = new WeakMap<FastifyRequest, number>();
  app.addHook("onRequest", async (request, reply) => {
    writtenBefore.set(request, request.raw.socket.bytesWritten);
    reply.header("x-request-id", request.id);
  });
  app.addHook("onResponse", async (request, reply) => {
    const caller = deps.callerOf(request);
    const route = request.routeOptions.url ?? "none";
    deps.metrics.answered({ method: request.method, route, status: reply.statusCode, seconds: reply.elapsedTime / 1000 });
    request.log.info(
      {
        method: request.method,
        route,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        // As sent, headers included; of a request among others on its connection, to within those.
        bytes: request.raw.socket.bytesWritten - (writtenBefore.get(request) ?? 0),
        actor: caller?.id ?? "anonymous",
        by: caller === undefined ? undefined : doorOf(caller),
        address: clientAddress(request),
        ...(reply.raw.writableFinished ? {} : { cutOff: true }),
      },
      "request",
    );
  });
}
