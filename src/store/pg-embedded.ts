import { access, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import type { Random } from "../kernel/index.ts";
import { StoreError } from "./errors.ts";
import { type Credentials, loadCredentials } from "./file-credentials.ts";
import { lockFolder } from "./file-lock.ts";
import { loadMigrations } from "./file-migrations.ts";
import { migrate } from "./pg-migrate.ts";
import { serviceRole } from "./pg-roles.ts";
import type { Server } from "./pg-server.ts";
import { databaseName, ownerRole } from "./process-postgres.ts";
import { type SupervisedPostgres, superviseEmbeddedPostgres } from "./process-supervised-postgres.ts";

export interface EmbeddedOptions {
  readonly dataDir: string;
  readonly random: Random;
  readonly log: (line: string) => void;
  readonly readOnly?: boolean | undefined;
  /** Take the server of a gateway that runs over this folder, where there is one; change no schema. */
  readonly attach?: boolean | undefined;
  /** What makes the schema in the database; the shipped migrations where nothing is said. */
  readonly schema?: ((owner: pg.Client) => Promise<unknown>) | undefined;
}

type Connect = (user: string, password: string, database: string) => pg.Client;

const migrateAll = async (owner: pg.Client) => migrate(owner, await loadMigrations());

async function prepareDatabase(
  connect: Connect,
  { owner, service }: Credentials,
  schema: (owner: pg.Client) => Promise<unknown>,
): Promise<void> {
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
    await schema(client);
  } finally {
    await client.end();
  }
}

async function prepareFolder(options: EmbeddedOptions): Promise<void> {
  if (options.readOnly !== true && options.attach !== true) {
    // As root the server runs under another account, which must be able to pass through, not to look around.
    await mkdir(options.dataDir, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
    return;
  }
  for (const part of ["pg/PG_VERSION", "pg.credentials.json"])
    await access(join(options.dataDir, part)).catch((cause: unknown) => {
      throw new StoreError("STORE_EMPTY", `${options.dataDir} holds no store. Name the right folder with --data-dir.`, { cause });
    });
}

/** The server that the folder's gateway runs: it is neither started nor stopped here. */
async function attachTo({ dataDir, random }: EmbeddedOptions): Promise<Server> {
  const { service } = await loadCredentials(join(dataDir, "pg.credentials.json"), random);
  // Fifth line of postmaster.pid: the folder of the socket (PostgreSQL, miscadmin.h).
  const lines = (await readFile(join(dataDir, "pg/postmaster.pid"), "utf8").catch(() => "")).split("\n");
  const host = lines[4];
  if (!host)
    throw new StoreError(
      "STORE_UNAVAILABLE",
      `The gateway that holds ${dataDir} has no PostgreSQL running yet; try again in a moment.`,
    );
  return {
    service: { host, user: serviceRole, password: service, database: databaseName },
    pid: () => undefined,
    release: async () => undefined,
  };
}

/**
 * Takes the data folder for this process, starts the embedded server and brings the schema up to
 * date. Whatever was begun is undone where a later step fails.
 */
export async function openEmbedded(options: EmbeddedOptions): Promise<Server> {
  await prepareFolder(options);
  const lock = await lockFolder(join(options.dataDir, "lock")).catch((error: unknown) => {
    if (options.attach === true && error instanceof StoreError && error.code === "STORE_FOLDER_IN_USE") return undefined;
    throw error;
  });
  if (lock === undefined) return attachTo(options);
  let server: SupervisedPostgres | undefined;
  try {
    const credentials = await loadCredentials(join(options.dataDir, "pg.credentials.json"), options.random);
    const running = await superviseEmbeddedPostgres({
      folder: join(options.dataDir, "pg"),
      ownerPassword: credentials.owner,
      log: options.log,
    });
    server = running;
    const host = running.socketFolder;
    const connect: Connect = (user, password, database) => new pg.Client({ host, user, password, database });
    if (options.readOnly !== true && options.attach !== true)
      await prepareDatabase(connect, credentials, options.schema ?? migrateAll);
    return {
      service: { host, user: serviceRole, password: credentials.service, database: databaseName },
      pid: () => running.pid(),
      release: async () => {
        await running.stop();
        await lock.release();
      },
    };
  } catch (error) {
    await server?.stop();
    await lock.release();
    throw error;
  }
}
