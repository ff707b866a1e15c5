import type { Actor, UnitOfWork } from "../audit/index.ts";
import type { Id, JsonValue } from "../kernel/index.ts";

/** What a gateway checks of itself while it serves. */
export type Check = "clock" | "disk";

/** Tells the log, once at each change, which of its checks this gateway does not pass and when it passes again. */
export interface Conditions {
  /** `level`: "ok", or how it fails. Returns when the event is written; one that could not be is written at the next report. */
  report(check: Check, level: string, data?: Readonly<Record<string, JsonValue>>): Promise<void>;
}

const actor: Actor = { kind: "system", component: "cluster" };

export function createConditions(deps: {
  readonly work: Pick<UnitOfWork, "record">;
  readonly gateway: Id<"gateway">;
  readonly log: (message: string, error?: unknown) => void;
}): Conditions {
  const told = new Map<Check, string>();
  let turn: Promise<void> = Promise.resolve();

  const tell = async (check: Check, level: string, data: Readonly<Record<string, JsonValue>>): Promise<void> => {
    if ((told.get(check) ?? "ok") === level) return;
    deps.log(`check ${check}: ${level}`);
    const about = { actor, object: deps.gateway, data: { check, level, ...data } };
    try {
      if (level === "ok") await deps.work.record({ ...about, type: "gateway.recovered", outcome: "done" });
      else await deps.work.record({ ...about, type: "gateway.impaired", outcome: "failed" });
      told.set(check, level);
    } catch (error) {
      deps.log("the gateway's condition could not be recorded", error);
    }
  };
  return {
    report: (check, level, data = {}) => {
      turn = turn.then(() => tell(check, level, data));
      return turn;
    },
  };
}
