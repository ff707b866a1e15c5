import { join } from "node:path";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import type { Random } from "../kernel/index.ts";
import { StoreError } from "./errors.ts";
import { loadCredentials } from "./file-credentials.ts";
import { loadMigrations } from "./file-migrations.ts";
import { migrate } from "./pg-migrate.ts";
import { databaseName, type EmbeddedPostgres, ownerRole, serviceRole, startEmbeddedPostgres } from "./process-postgres.ts";
import type { Tables } from "./tables.ts";

export interface StoreOptions {
  readonly dataDir: string;
  readonly random: Random;
  readonly log: (line: string) => void;
  /** Connections of this process; two more are used at start. */
  readonly connections?: number | undefined;
}

/** State in PostgreSQL. Read through `db`; write through audit's unit of work only. */
export interface Store {
  readonly db: Kysely<Tables>;
  /** Whether the server answers now. */
  ping(): Promise<boolean>;
  /** A session of its own, for advisory locks; the caller ends it. */
  session(): Promise<pg.Client>;
  /** Process id of the embedded server, as long as it runs. */
  serverPid(): number | undefined;
  close(): Promise<void>;
}

/** Waits between attempts to restart an embedded server that ended by itself. */
const restartDelaysMs = [50, 200, 1000, 5000];

async function prepareDatabase(
  connect: (user: string, password: string, database: string) => pg.Client,
  owner: string,
  service: string,
) {
  const admin = connect(ownerRole, owner, "postgres");
  await admin.connect();
  try {
    const found = await admin.query("SELECT 1 FROM pg_database WHERE datname = $1", [databaseName]);
    if (found.rowCount === 0) await admin.query(`CREATE DATABASE ${databaseName}`);
    const role = await admin.query("SELECT 1 FROM pg_roles WHERE rolname = $1", [serviceRole]);
    const verb = role.rowCount === 0 ? "CREATE" : "ALTER";
    await admin.query(`${verb} ROLE ${serviceRole} LOGIN PASSWORD ${pg.escapeLiteral(service)}`);
  } finally {
    await admin.end();
  }
  const client = connect(ownerRole, owner, databaseName);
  await client.connect();
  try {
    await migrate(client, await loadMigrations());
  } finally {
    await client.end();
  }
}

/** Starts the embedded server, brings the schema up to date and opens the service's pool. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const folder = join(options.dataDir, "pg");
  const credentials = await loadCredentials(join(options.dataDir, "pg.credentials.json"), options.random);
  let closing = false;
  let server: EmbeddedPostgres | undefined;

  const start = async (): Promise<EmbeddedPostgres> =>
    startEmbeddedPostgres({ folder, ownerPassword: credentials.owner, log: options.log, onExit: () => void restart() });
  const restart = async (): Promise<void> => {
    server = undefined;
    for (let attempt = 0; !closing && server === undefined; attempt++) {
      const delay = restartDelaysMs[Math.min(attempt, restartDelaysMs.length - 1)];
      await new Promise((resume) => setTimeout(resume, delay));
      if (closing) return;
      server = await start().catch((error: unknown) => {
        options.log(`PostgreSQL did not restart: ${error instanceof Error ? error.message : "unknown"}`);
        return undefined;
      });
    }
  };

  server = await start();
  const { socketFolder } = server;
  const connect = (user: string, password: string, database: string) =>
    new pg.Client({ host: socketFolder, user, password, database });
  await prepareDatabase(connect, credentials.owner, credentials.service);
  const pool = new pg.Pool({
    host: socketFolder,
    user: serviceRole,
    password: credentials.service,
    database: databaseName,
    max: options.connections ?? 16,
    connectionTimeoutMillis: 5000,
  });
  // A connection lost while idle is replaced at next use; without a listener it would end the process.
  pool.on("error", (error) => options.log(`idle connection lost: ${error.message}`));
  // The same for one that is lost between two statements of a transaction, when the pool does not listen.
  pool.on("connect", (client) => client.on("error", (error) => options.log(`connection lost: ${error.message}`)));
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return {
    db,
    ping: () =>
      pool.query("SELECT 1").then(
        () => true,
        () => false,
      ),
    session: async () => {
      const client = connect(serviceRole, credentials.service, databaseName);
      client.on("error", (error) => options.log(`session lost: ${error.message}`));
      await client.connect().catch((cause: unknown) => {
        throw new StoreError("STORE_UNAVAILABLE", "PostgreSQL does not answer.", { cause });
      });
      return client;
    },
    serverPid: () => server?.pid,
    close: async () => {
      closing = true;
      await db.destroy();
      await server?.stop();
    },
  };
}
