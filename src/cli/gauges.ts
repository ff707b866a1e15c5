import type { AuditLog } from "../audit/index.ts";
import type { Engine } from "../engine/index.ts";
import type { Gauges } from "../gateway/index.ts";
import type { Jobs } from "../sandbox/index.ts";
import type { Store } from "../store/index.ts";

const unknown = { jobs: { queued: 0, running: 0 }, eventsWaiting: 0 } as const;

/** What is measured when `/metrics` is asked for. Of a store that does not answer nothing is told but that. */
export function createGauges(deps: {
  readonly store: Pick<Store, "ping">;
  readonly engine: Pick<Engine, "workers">;
  readonly jobs: Pick<Jobs, "countOpen">;
  readonly auditLog: Pick<AuditLog, "countWaiting">;
}): () => Promise<Gauges> {
  return async () => {
    const byKind = Map.groupBy(deps.engine.workers(), ({ role, state }) => `${role} ${state}`);
    const workers = Array.from(byKind, ([kind, those]) => {
      const [role = "", state = ""] = kind.split(" ");
      return { role, state, count: those.length };
    });
    const counted = (await deps.store.ping())
      ? await Promise.all([deps.jobs.countOpen(), deps.auditLog.countWaiting()]).catch(() => undefined)
      : undefined;
    if (counted === undefined) return { storeUp: false, workers, ...unknown };
    const [jobs, eventsWaiting] = counted;
    return { storeUp: true, workers, jobs, eventsWaiting };
  };
}
