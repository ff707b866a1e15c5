import type pg from "pg";

/** Where the state lies: the embedded server of one gateway, or one that several share. */
export interface Server {
  /** How the service role connects: enough for a pool, without limits of its own. */
  readonly service: pg.ClientConfig;
  /** Process id of the embedded server, as long as it runs; never for one that others run. */
  pid(): number | undefined;
  /** Gives back what was taken: the server, if it is ours, and the folder. */
  release(): Promise<void>;
}
