import { setTimeout as wait } from "node:timers/promises";
import { type EmbeddedPostgres, makeSocketFolder, startEmbeddedPostgres } from "./process-postgres.ts";

/** Waits between attempts to restart a server that ended by itself. */
const restartDelaysMs = [50, 200, 1000, 5000];

/** An embedded server that is started again whenever it ends without having been asked to. */
export interface SupervisedPostgres {
  readonly socketFolder: string;
  /** Process id, as long as it runs. */
  pid(): number | undefined;
  stop(): Promise<void>;
}

export async function superviseEmbeddedPostgres(options: {
  readonly folder: string;
  readonly ownerPassword: string;
  readonly log: (line: string) => void;
}): Promise<SupervisedPostgres> {
  const socketFolder = await makeSocketFolder(options.folder);
  const stopping = new AbortController();
  let server: EmbeddedPostgres | undefined;
  let restarting: Promise<void> = Promise.resolve();

  const start = (): Promise<EmbeddedPostgres> =>
    startEmbeddedPostgres({
      ...options,
      socketFolder,
      onExit: () => {
        server = undefined;
        restarting = restart();
      },
    });
  const restart = async (): Promise<void> => {
    for (let attempt = 0; server === undefined; attempt++) {
      const delay = restartDelaysMs[Math.min(attempt, restartDelaysMs.length - 1)];
      await wait(delay, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      server = await start().catch((error: unknown) => {
        options.log(`PostgreSQL did not restart: ${error instanceof Error ? error.message : "unknown"}`);
        return undefined;
      });
    }
  };

  server = await start();
  return {
    socketFolder,
    pid: () => server?.pid,
    stop: async () => {
      stopping.abort();
      // A start that is under way ends first: a server nobody stops would outlive the gateway.
      await restarting;
      await server?.stop();
    },
  };
}
