import type { Actor, UnitOfWork } from "../audit/index.ts";
import type { Clock, JsonValue } from "../kernel/index.ts";

/** One refusal among perhaps very many of the same. */
export interface ManyRefused {
  /** Those of one key are folded. */
  readonly key: string;
  readonly actor: Actor;
  readonly object: string;
  readonly data: Readonly<Record<string, JsonValue>>;
}

export interface FoldedRefusals {
  /** The first of a window is recorded before this settles; the others are counted. */
  note(refusal: ManyRefused): Promise<void>;
  /** Records what is counted. */
  close(): Promise<void>;
}

/** Keys that are counted at one time; those beyond are counted together. */
const mostKeys = 1000;
const others: ManyRefused = { key: "others", actor: { kind: "anonymous" }, object: "others", data: { others: true } };

/**
 * Refusals by which an attacker could fill the audit: the first of a caller in a window is an event of
 * its own, those that follow are one event with their number when the window ends.
 */
export function createFoldedRefusals(deps: {
  readonly type: string;
  readonly code: string;
  readonly work: Pick<UnitOfWork, "record">;
  readonly clock: Clock;
  readonly windowMs: number;
  readonly log: (message: string, error: unknown) => void;
}): FoldedRefusals {
  const { clock, windowMs } = deps;
  const folds = new Map<string, { readonly refusal: ManyRefused; readonly since: number; count: number }>();

  const record = ({ actor, object, data }: ManyRefused, count: number) =>
    deps.work.record({ type: deps.type, actor, object, outcome: "refused", code: deps.code, data: { ...data, count } });

  const flush = async (isDue: (since: number) => boolean): Promise<void> => {
    for (const [key, fold] of folds) {
      if (!isDue(fold.since)) continue;
      const { count } = fold;
      // It stays until it is written: what cannot be recorded now is still counted, and those that come meanwhile with it.
      if (count > 0) await record(fold.refusal, count);
      fold.count -= count;
      if (fold.count === 0) folds.delete(key);
    }
  };
  const isOver = (since: number): boolean => Math.abs(clock.now().getTime() - since) >= windowMs;
  let flushing: Promise<void> = Promise.resolve();
  const timer = setInterval(
    () => {
      flushing = flushing
        .then(() => flush(isOver))
        .catch((error: unknown) => deps.log("refusals that were counted could not be recorded", error));
    },
    Math.min(windowMs, 1000),
  );

  const note = async (refusal: ManyRefused): Promise<void> => {
    const fold = folds.get(refusal.key);
    if (fold !== undefined) {
      fold.count += 1;
      return;
    }
    if (folds.size >= mostKeys && refusal !== others) return note(others);
    folds.set(refusal.key, { refusal, since: clock.now().getTime(), count: 0 });
    try {
      await record(refusal, 1);
    } catch (error) {
      folds.delete(refusal.key);
      throw error;
    }
  };

  return {
    note,
    close: async () => {
      clearInterval(timer);
      await flushing;
      await flush(() => true);
    },
  };
}
