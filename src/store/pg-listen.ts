import { setTimeout as wait } from "node:timers/promises";
import type pg from "pg";

/** What a listener is told. Anybody who may connect can send a signal: it says where to look, never what to believe. */
export interface SignalListener {
  readonly onSignal: (payload: string) => void;
  /** Signals sent meanwhile are lost: at the first connection and after each gap, everything must be looked at. */
  readonly onConnected: () => void;
}

/** Waits between attempts to listen again. */
const retryDelaysMs = [50, 200, 1000];

/**
 * Listens on a channel with a session of its own, again and again as it is lost. Ends when closed.
 * A server that does not answer is waited for: only polling goes on meanwhile.
 */
export function listen(
  connect: () => Promise<pg.Client>,
  channel: string,
  { onSignal, onConnected }: SignalListener,
): { close(): Promise<void> } {
  const closing = new AbortController();
  let current: pg.Client | undefined;

  const once = async (): Promise<void> => {
    const client = await connect();
    current = client;
    const lost = new Promise<void>((resolve) => {
      client.once("end", resolve);
      client.once("error", () => resolve());
    });
    try {
      client.on("notification", ({ payload }) => onSignal(payload ?? ""));
      await client.query(`LISTEN ${client.escapeIdentifier(channel)}`);
      if (!closing.signal.aborted) onConnected();
      await Promise.race([lost, aborted(closing.signal)]);
    } finally {
      current = undefined;
      await client.end().catch(() => undefined);
    }
  };
  const loop = async (): Promise<void> => {
    for (let attempt = 0; !closing.signal.aborted; ) {
      const listened = await once().then(
        () => true,
        () => false,
      );
      attempt = listened ? 0 : attempt + 1;
      const delay = retryDelaysMs[Math.min(attempt, retryDelaysMs.length - 1)];
      await wait(delay, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  };
  const running = loop();
  return {
    close: async () => {
      closing.abort();
      await current?.end().catch(() => undefined);
      await running;
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
