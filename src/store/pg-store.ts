import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import type { Random } from "../kernel/index.ts";
import { StoreError } from "./errors.ts";
import { openEmbedded } from "./pg-embedded.ts";
import { openExternal, type ServerUrls } from "./pg-external.ts";
import { listen, type SignalListener } from "./pg-listen.ts";
import type { Server } from "./pg-server.ts";
import type { Tables } from "./tables.ts";

export interface StoreOptions {
  readonly dataDir: string;
  readonly random: Random;
  readonly log: (line: string) => void;
  /** A server that several gateways share; without it the embedded one starts in the data folder. */
  readonly server?: ServerUrls | undefined;
  /** Connections of this process; two more are used at start. */
  readonly connections?: number | undefined;
  /** Open what is there as it is, for reading: no folder, no database and no table is made or changed. */
  readonly readOnly?: boolean | undefined;
  /** Beside a gateway that may be running over the same folder: its server is used, and no schema is changed. */
  readonly attach?: boolean | undefined;
}

/** The channel of NOTIFY; a database of its own has channels of its own. */
export const signalChannel = "hanguang";

/** State in PostgreSQL. Read through `db`; write through audit's unit of work only. */
export interface Store {
  readonly db: Kysely<Tables>;
  /** Whether other gateways may use the same store: true for a server that `DATABASE_URL` names. */
  readonly shared: boolean;
  /** Whether the server answers now. */
  ping(): Promise<boolean>;
  /** The server's own clock, now. */
  time(): Promise<Date>;
  /** A session of its own, for advisory locks; the caller ends it. */
  session(): Promise<pg.Client>;
  /**
   * Runs a task while no other process runs one of the same name. The lock goes with its session:
   * a task whose session is lost goes on without it, so what it commits must be guarded as well.
   */
  exclusively<T>(name: string, task: () => Promise<T>): Promise<T>;
  /** Hears what the unit of work signals, from every gateway, this one included. */
  listen(listener: SignalListener): { close(): Promise<void> };
  /** Process id of the embedded server, as long as it runs. */
  serverPid(): number | undefined;
  close(): Promise<void>;
}

/** Opens the service's pool on the embedded server or on a shared one, its schema up to date. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const server =
    options.server === undefined
      ? await openEmbedded(options)
      : await openExternal(options.server, options.readOnly === true || options.attach === true);
  return storeOn(server, options);
}

function openPool(server: Server, options: StoreOptions): pg.Pool {
  const readOnly = options.readOnly === true ? `${server.service.options ?? ""} -c default_transaction_read_only=on` : undefined;
  const pool = new pg.Pool({
    ...server.service,
    max: options.connections ?? 16,
    connectionTimeoutMillis: 5000,
    ...(readOnly === undefined ? {} : { options: readOnly }),
  });
  // A connection lost while idle is replaced at next use; without a listener it would end the process.
  pool.on("error", (error) => options.log(`idle connection lost: ${error.message}`));
  // The same for one that is lost between two statements of a transaction, when the pool does not listen.
  pool.on("connect", (client) => client.on("error", (error) => options.log(`connection lost: ${error.message}`)));
  return pool;
}

function storeOn(server: Server, options: StoreOptions): Store {
  const pool = openPool(server, options);
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  const session = async (): Promise<pg.Client> => {
    const client = new pg.Client({ ...server.service, connectionTimeoutMillis: 5000 });
    client.on("error", (error) => options.log(`session lost: ${error.message}`));
    await client.connect().catch((cause: unknown) => {
      throw new StoreError("STORE_UNAVAILABLE", "PostgreSQL does not answer.", { cause });
    });
    return client;
  };
  return {
    db,
    shared: options.server !== undefined,
    ping: () =>
      pool.query("SELECT 1").then(
        () => true,
        () => false,
      ),
    time: async () => {
      const { rows } = await pool.query<{ now: Date }>("SELECT clock_timestamp() AS now");
      return rows[0]?.now ?? new Date(Number.NaN);
    },
    session,
    exclusively: async (name, task) => {
      // Not of the pool: tasks that wait for one another must not hold the connections that the first one needs.
      const client = await session();
      try {
        await client.query("SELECT pg_advisory_lock(hashtextextended($1, 0))", [name]);
        return await task();
      } finally {
        await client.end().catch(() => undefined);
      }
    },
    listen: (listener) => listen(session, signalChannel, listener),
    serverPid: () => server.pid(),
    close: async () => {
      await db.destroy();
      await server.release();
    },
  };
}
