import type { FastifyInstance } from "fastify";

/**
 * A JSON body that trickles in holds a connection and what is kept for it: past the deadline its
 * connection ends. (The server's own time-out counts for uploads too, which may take long; those have
 * deadlines of their own.)
 */
export function addBodyDeadline(app: FastifyInstance, deadlineMs: number): void {
  app.addHook("onRequest", async (request) => {
    if (request.routeOptions.config.streams === true || request.raw.complete) return;
    const late = setTimeout(() => {
      if (!request.raw.complete) request.raw.destroy();
    }, deadlineMs);
    for (const end of ["end", "close"]) request.raw.once(end, () => clearTimeout(late));
  });
}
