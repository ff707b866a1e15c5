import pg from "pg";
import { StoreError } from "./errors.ts";
import { loadMigrations } from "./file-migrations.ts";
import { checkMigrated, migrate } from "./pg-migrate.ts";
import { checkServicePowers, ensureServiceRole } from "./pg-roles.ts";
import type { Server } from "./pg-server.ts";

/** A PostgreSQL server that others run; several gateways may share it. */
export interface ServerUrls {
  /** `DATABASE_URL`: the service, without rights to alter events. Needed but to migrate. */
  readonly service: string;
  /** `DATABASE_OWNER_URL`: the owner of the tables, for migrations only. */
  readonly owner?: string | undefined;
}

/** Lowest `server_version_num` that is tested. */
const lowestVersion = 180_000;
const loopback = /^(localhost|127(\.\d{1,3}){3}|::1)$/;
/** What a session must be like whatever the server's or the role's defaults are. */
const sessionSettings = "-c timezone=UTC -c datestyle=ISO -c search_path=public -c row_security=on";

/** Reads a url; its text, with the password in it, is never told. Throws `STORE_URL_INVALID`. */
export function parseServerUrl(variable: string, url: string): pg.ClientConfig {
  const wrong = (problem: string): never => {
    throw new StoreError(
      "STORE_URL_INVALID",
      `${variable} ${problem}. A valid example: postgresql://gateway:…@db.example:5432/hanguang?sslmode=verify-full`,
    );
  };
  if (!/^postgres(ql)?:\/\//.test(url)) return wrong("is no PostgreSQL address");
  let client: pg.Client;
  try {
    client = new pg.Client({ connectionString: url });
  } catch {
    return wrong("cannot be read");
  }
  if (!client.user || !client.database) return wrong("does not name a role and a database");
  const isLocal = client.host.startsWith("/") || loopback.test(client.host);
  // Without it, whoever stands between could read every statement's answer and put in events of their own.
  if (!isLocal && (!client.ssl || !/[?&]sslmode=verify-full(&|$)/.test(url)))
    return wrong("is not on this machine, so it needs sslmode=verify-full");
  return { connectionString: url, keepAlive: true, keepAliveInitialDelayMillis: 10_000, options: sessionSettings };
}

async function connect(config: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client({ ...config, connectionTimeoutMillis: 10_000 });
  await client.connect().catch((cause: unknown) => {
    throw new StoreError("STORE_UNAVAILABLE", `PostgreSQL at ${client.host}:${client.port} does not let ${client.user} in.`, {
      cause,
    });
  });
  return client;
}

async function within<T>(config: pg.ClientConfig, task: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await connect(config);
  try {
    return await task(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** A server that loses what it acknowledged makes every promise of the log untrue. */
async function checkServer(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ version: number; loses: string | null }>(`
    SELECT current_setting('server_version_num')::int AS version,
      (SELECT string_agg(name || ' = ' || setting, ', ') FROM pg_settings
        WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off') AS loses`);
  const { version = 0, loses } = rows[0] ?? {};
  if (version < lowestVersion)
    throw new StoreError(
      "STORE_SERVER_UNSUITABLE",
      `The server is PostgreSQL ${Math.floor(version / 10_000)}; 18 or later is needed.`,
    );
  if (loses)
    throw new StoreError("STORE_SERVER_UNSUITABLE", `The server may lose what it acknowledged: ${loses}. Switch these on.`);
}

/** Brings a shared server's schema up to date; tells the migrations that were applied. */
export async function migrateExternal(ownerUrl: string): Promise<readonly string[]> {
  return within(parseServerUrl("DATABASE_OWNER_URL", ownerUrl), async (owner) => {
    await checkServer(owner);
    await ensureServiceRole(owner);
    return migrate(owner, await loadMigrations());
  });
}

/** Gives an empty database of a shared server its content. */
export async function fillExternal(ownerUrl: string, fill: (owner: pg.Client) => Promise<void>): Promise<void> {
  await within(parseServerUrl("DATABASE_OWNER_URL", ownerUrl), async (owner) => {
    await checkServer(owner);
    await ensureServiceRole(owner);
    await fill(owner);
  });
}

/** Looks whether a shared server will do, its schema and the service's powers included; migrates first where an owner is named. */
export async function openExternal({ service, owner }: ServerUrls, readOnly: boolean): Promise<Server> {
  const config = parseServerUrl("DATABASE_URL", service);
  if (owner !== undefined && !readOnly) await migrateExternal(owner);
  await within(config, async (client) => {
    await checkServer(client);
    await checkMigrated(client, await loadMigrations());
    await checkServicePowers(client);
  });
  return { service: config, pid: () => undefined, release: async () => undefined };
}
