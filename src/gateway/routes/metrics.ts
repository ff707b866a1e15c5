import type { Metrics } from "../metrics.ts";
import { type AnyRoute, route } from "../route.ts";
import { text } from "../success.ts";

export function metricsRoutes({ metrics }: { readonly metrics: Pick<Metrics, "render"> }): readonly AnyRoute[] {
  return [
    route({
      method: "GET",
      url: "/metrics",
      permission: "watcher",
      evenUnfit: true,
      summary: "How this gateway fares (Prometheus text format); nothing about data. Its token lies in the data folder.",
      answers: { 200: text("text/plain") },
      handle: async ({ reply }) => reply.type("text/plain; version=0.0.4; charset=utf-8").send(await metrics.render()),
    }),
  ];
}
