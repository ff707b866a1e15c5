import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { Test } from "tap";
import { makeSocketFolder, ownerRole, startEmbeddedPostgres } from "../../src/store/process-postgres.ts";

export interface SharedServer {
  /** As several gateways would be given it. */
  readonly urls: { readonly service: string; readonly owner: string };
  /** As the server's administrator; the caller ends it. */
  administrator(database?: string): Promise<pg.Client>;
  url(role: string, password: string, database?: string): string;
  readonly pid: number;
}

const howTo = join(import.meta.dirname, "../../docs/how-to/several-gateways.md");

/** The statements with which the how-to has an administrator prepare the server. */
export async function serverPreparation(passwords: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const [, block = ""] = /```sql\n([^`]*)```/.exec(await readFile(howTo, "utf8")) ?? [];
  const written = block.replace(
    /ROLE (\w+) LOGIN PASSWORD '…'/g,
    (_, role: string) => `ROLE ${role} LOGIN PASSWORD '${passwords[role]}'`,
  );
  return written.split(";").filter((statement) => statement.trim() !== "");
}

/** A PostgreSQL server that no gateway runs, prepared as docs/how-to/several-gateways.md says; stopped when the test ends. */
export async function startSharedServer(t: Test): Promise<SharedServer> {
  const folder = await mkdtemp(join(tmpdir(), "hg-pg-"));
  await chmod(folder, 0o755);
  const [admin = "", schema = "", gateway = ""] = Array.from({ length: 3 }, () => randomBytes(12).toString("hex"));
  const cluster = join(folder, "pg");
  const socketFolder = await makeSocketFolder(cluster);
  const server = await startEmbeddedPostgres({
    folder: cluster,
    socketFolder,
    ownerPassword: admin,
    log: () => undefined,
    onExit: () => undefined,
  });
  t.teardown(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const url = (role: string, password: string, database = "hanguang") =>
    `postgresql://${role}:${password}@/${database}?host=${socketFolder}`;
  const administrator = async (database = "hanguang"): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: url(ownerRole, admin, database) });
    await client.connect();
    return client;
  };
  const preparing = await administrator("postgres");
  for (const statement of await serverPreparation({ hanguang_schema: schema, gateway })) await preparing.query(statement);
  await preparing.end();
  return {
    urls: { service: url("gateway", gateway), owner: url("hanguang_schema", schema) },
    administrator,
    url,
    pid: server.pid,
  };
}
