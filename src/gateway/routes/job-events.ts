import { isRefusal, refuse } from "../../kernel/index.ts";
import type { Jobs, JobView } from "../../sandbox/index.ts";
import type { EventStreams, StreamLook } from "../event-streams.ts";
import { type AnyRoute, route } from "../route.ts";
import { idParams } from "../shapes.ts";
import { nothing, text } from "../success.ts";

/** Where a state stands in a job's life: its event's id. */
const rankOf = ({ state }: JobView): number => (state === "queued" ? 1 : state === "running" ? 2 : 3);
const last = 3;

/** A job's states as they change, for whoever may read the job for as long as they may. */
export function jobEventRoutes(deps: {
  readonly jobs: Pick<Jobs, "find" | "watch">;
  readonly streams: EventStreams;
}): readonly AnyRoute[] {
  const { jobs, streams } = deps;
  return [
    route({
      method: "GET",
      url: "/v1/jobs/:id/events",
      rate: "stream",
      permission: { action: "read", kind: "job" },
      summary: "States of a job as they change (text/event-stream), to its end; 204 where the last one has been seen.",
      params: idParams,
      answers: { 200: text("text/event-stream"), 204: nothing },
      refuses: ["JOB_NOT_FOUND", "JOB_STREAMS_FULL"],
      handle: async ({ caller, params, request, reply, readmit }) => {
        const job = await jobs.find(caller, params.id);
        if (isRefusal(job)) return job;
        const header = String(request.headers["last-event-id"] ?? "0");
        let seen = /^[1-3]$/.test(header) ? Number(header) : 0;
        // A browser connects again after the end; this is how it is told to stop.
        if (seen === last) return reply.code(204).send();
        const look = async (): Promise<StreamLook> => {
          // Session, roles, agreement and job anew, each time something is sent.
          const listener = await readmit();
          const view = listener === undefined ? undefined : await jobs.find(listener, job.id);
          if (view === undefined || isRefusal(view)) return { events: [], over: true };
          const rank = rankOf(view);
          const events = rank > seen ? [{ id: String(rank), event: "state", data: { job: view.id, state: view.state } }] : [];
          seen = Math.max(seen, rank);
          return { events, over: rank === last };
        };
        const stream = streams.open({ account: caller.id, look, watch: (changed) => jobs.watch(job.id, changed) });
        if (stream === undefined) return refuse("JOB_STREAMS_FULL", { retryAfterSeconds: 5 });
        reply.raw.once("close", () => stream.destroy());
        return reply.type("text/event-stream; charset=utf-8").header("connection", "close").send(stream);
      },
    }),
  ];
}
