import type { JobState, Store } from "../store/index.ts";
import { isFinal } from "./job-states.ts";

/** Tells of state changes of jobs, whichever gateway made them. */
export interface StateFeed {
  /** Looks now if one of these is watched: something is said to have happened to it. */
  hear(ids: readonly (string | undefined)[]): void;
  /** Looks now, whatever is watched. */
  lookAll(): void;
  /** Tells every listener to look, whether or not its job's state has changed. */
  tellAll(): void;
  /** Calls once for each change seen from now on; the answer ends it. What a listener may see is its own to ask. */
  watch(job: string, changed: () => void): () => void;
  close(): void;
}

/**
 * One look at the store for all jobs that are watched in this process, when a signal says so, and now and
 * then for those that were lost. A change is a hint: two of them between two looks are told as one.
 */
export function createStateFeed(deps: {
  readonly store: Store;
  readonly intervalMs: number;
  readonly log: (message: string, error?: unknown) => void;
}): StateFeed {
  const watched = new Map<string, { state: JobState | undefined; readonly listeners: Set<() => void> }>();
  let timer: NodeJS.Timeout | undefined;
  let looking = false;
  let lookAgain = false;

  const look = async (): Promise<void> => {
    const ids = [...watched].filter(([, { state }]) => state === undefined || !isFinal(state)).map(([id]) => id);
    if (ids.length === 0) return;
    const rows = await deps.store.db.selectFrom("job").select(["id", "state"]).where("id", "in", ids).execute();
    for (const { id, state } of rows) {
      const entry = watched.get(id);
      if (entry === undefined || entry.state === state) continue;
      entry.state = state;
      for (const changed of entry.listeners) changed();
    }
  };

  const tick = (): void => {
    // What is heard during a look may have happened after its rows were read.
    lookAgain = looking;
    if (looking) return;
    looking = true;
    look()
      .catch((error: unknown) => deps.log("states of jobs could not be read", error))
      .finally(() => {
        looking = false;
        if (lookAgain) tick();
      });
  };

  return {
    hear: (ids) => {
      if (ids.some((id) => id !== undefined && watched.has(id))) tick();
    },
    lookAll: () => tick(),
    tellAll: () => {
      for (const { listeners } of watched.values()) for (const changed of listeners) changed();
    },
    watch: (job, changed) => {
      const entry = watched.get(job) ?? { state: undefined, listeners: new Set() };
      watched.set(job, entry);
      entry.listeners.add(changed);
      timer ??= setInterval(tick, deps.intervalMs);
      return () => {
        entry.listeners.delete(changed);
        if (entry.listeners.size === 0 && watched.get(job) === entry) watched.delete(job);
        if (watched.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
    close: () => {
      clearInterval(timer);
      watched.clear();
    },
  };
}
