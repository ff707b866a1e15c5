import { parseSignal, type Signal } from "../audit/index.ts";
import type { Store } from "../store/index.ts";

/** Hears of events as they commit, at whatever gateway. */
export interface Signals {
  /**
   * Calls `hear` for signals of these types, and `lookAll` when some may have been missed. Both look
   * at the store: a signal can be forged by anybody who may connect, and can be lost.
   */
  on(types: readonly string[], hear: (signal: Signal) => void, lookAll: () => void): void;
  close(): Promise<void>;
}

interface Hearer {
  readonly types: ReadonlySet<string>;
  readonly hear: (signal: Signal) => void;
  readonly lookAll: () => void;
}

export function createSignals(deps: { readonly store: Pick<Store, "listen"> }): Signals {
  const hearers: Hearer[] = [];
  const listening = deps.store.listen({
    onSignal: (payload) => {
      const signal = parseSignal(payload);
      if (signal === undefined) return;
      for (const { types, hear } of hearers) if (types.has(signal.type)) hear(signal);
    },
    onConnected: () => {
      for (const { lookAll } of hearers) lookAll();
    },
  });
  return {
    on: (types, hear, lookAll) => void hearers.push({ types: new Set(types), hear, lookAll }),
    close: listening.close,
  };
}
