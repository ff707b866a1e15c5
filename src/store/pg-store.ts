import { access, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import type { Random } from "../kernel/index.ts";
import { StoreError } from "./errors.ts";
import { type Credentials, loadCredentials } from "./file-credentials.ts";
import { lockFolder } from "./file-lock.ts";
import { loadMigrations } from "./file-migrations.ts";
import { migrate } from "./pg-migrate.ts";
import { databaseName, ownerRole, serviceRole } from "./process-postgres.ts";
import { type SupervisedPostgres, superviseEmbeddedPostgres } from "./process-supervised-postgres.ts";
import type { Tables } from "./tables.ts";

export interface StoreOptions {
  readonly dataDir: string;
  readonly random: Random;
  readonly log: (line: string) => void;
  /** Connections of this process; two more are used at start. */
  readonly connections?: number | undefined;
  /** Open what is there as it is, for reading: no folder, no database and no table is made or changed. */
  readonly readOnly?: boolean | undefined;
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

type Connect = (user: string, password: string, database: string) => pg.Client;

async function prepareDatabase(connect: Connect, { owner, service }: Credentials): Promise<void> {
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

async function prepareFolder(options: StoreOptions): Promise<void> {
  if (options.readOnly !== true) {
    // As root the server runs under another account, which must be able to pass through, not to look around.
    await mkdir(options.dataDir, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
    return;
  }
  for (const part of ["pg/PG_VERSION", "pg.credentials.json"])
    await access(join(options.dataDir, part)).catch((cause: unknown) => {
      throw new StoreError("STORE_EMPTY", `${options.dataDir} holds no store. Name the right folder with --data-dir.`, { cause });
    });
}

function openPool(server: SupervisedPostgres, password: string, options: StoreOptions): pg.Pool {
  const pool = new pg.Pool({
    host: server.socketFolder,
    user: serviceRole,
    password,
    database: databaseName,
    max: options.connections ?? 16,
    connectionTimeoutMillis: 5000,
    ...(options.readOnly === true ? { options: "-c default_transaction_read_only=on" } : {}),
  });
  // A connection lost while idle is replaced at next use; without a listener it would end the process.
  pool.on("error", (error) => options.log(`idle connection lost: ${error.message}`));
  // The same for one that is lost between two statements of a transaction, when the pool does not listen.
  pool.on("connect", (client) => client.on("error", (error) => options.log(`connection lost: ${error.message}`)));
  return pool;
}

/**
 * Takes the data folder for this process, starts the embedded server, brings the schema up to date
 * and opens the service's pool. Whatever was begun is undone where a later step fails.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  await prepareFolder(options);
  const lock = await lockFolder(join(options.dataDir, "lock"));
  let server: SupervisedPostgres | undefined;
  try {
    const credentials = await loadCredentials(join(options.dataDir, "pg.credentials.json"), options.random);
    server = await superviseEmbeddedPostgres({
      folder: join(options.dataDir, "pg"),
      ownerPassword: credentials.owner,
      log: options.log,
    });
    const host = server.socketFolder;
    const connect: Connect = (user, password, database) => new pg.Client({ host, user, password, database });
    if (options.readOnly !== true) await prepareDatabase(connect, credentials);
    return storeOn(server, connect, credentials, options, lock.release);
  } catch (error) {
    await server?.stop();
    await lock.release();
    throw error;
  }
}

function storeOn(
  server: SupervisedPostgres,
  connect: Connect,
  { service }: Credentials,
  options: StoreOptions,
  release: () => Promise<void>,
): Store {
  const pool = openPool(server, service, options);
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return {
    db,
    ping: () =>
      pool.query("SELECT 1").then(
        () => true,
        () => false,
      ),
    session: async () => {
      const client = connect(serviceRole, service, databaseName);
      client.on("error", (error) => options.log(`session lost: ${error.message}`));
      await client.connect().catch((cause: unknown) => {
        throw new StoreError("STORE_UNAVAILABLE", "PostgreSQL does not answer.", { cause });
      });
      return client;
    },
    serverPid: () => server.pid(),
    close: async () => {
      await db.destroy();
      await server.stop();
      await release();
    },
  };
}
