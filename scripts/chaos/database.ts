import { randomBytes } from "node:crypto";
import { join } from "node:path";
import pg from "pg";
import { migrateExternal } from "../../src/store/index.ts";
import { ownerRole } from "../../src/store/process-postgres.ts";
import { superviseEmbeddedPostgres } from "../../src/store/process-supervised-postgres.ts";
import { serverPreparation } from "../../test/support/server.ts";

export interface Database {
  /** As a gateway is given it. */
  readonly url: string;
  /** Undefined while it is being started again. */
  pid(): number | undefined;
  /** One question as the administrator, asked again while the server comes back. */
  ask(query: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  stop(): Promise<void>;
}

/** A PostgreSQL server that several gateways share, started again whenever it dies, as a service manager would. */
export async function startDatabase(folder: string): Promise<Database> {
  const [admin, schema, gateway] = Array.from({ length: 3 }, () => randomBytes(12).toString("hex"));
  const server = await superviseEmbeddedPostgres({
    folder: join(folder, "pg"),
    ownerPassword: admin ?? "",
    log: () => undefined,
  });
  const url = (role: string, password = "", database = "hanguang") =>
    `postgresql://${role}:${password}@/${database}?host=${server.socketFolder}`;
  const once = async (query: string, database?: string) => {
    const client = new pg.Client({ connectionString: url(ownerRole, admin, database), connectionTimeoutMillis: 5000 });
    client.on("error", () => undefined);
    await client.connect();
    return client.query(query).finally(() => client.end().catch(() => undefined));
  };
  for (const statement of await serverPreparation({ hanguang_schema: schema ?? "", gateway: gateway ?? "" }))
    await once(statement, "postgres");
  await migrateExternal(url("hanguang_schema", schema));
  return {
    url: url("gateway", gateway),
    pid: server.pid,
    ask: async (query) => {
      for (let attempt = 0; ; attempt++)
        try {
          return (await once(query)).rows;
        } catch (error) {
          if (attempt === 60) throw error;
          await new Promise((resume) => setTimeout(resume, 500));
        }
    },
    stop: server.stop,
  };
}
