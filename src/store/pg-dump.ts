import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import pg from "pg";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";
import { StoreError } from "./errors.ts";
import { loadMigrations } from "./file-migrations.ts";
import { migrate } from "./pg-migrate.ts";

/** One table as a file of PostgreSQL's COPY text (gzip), which every later major version reads. */
export interface TableDump {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: number;
  /** SHA-256 of the text before compression, hex. */
  readonly sha256: string;
}

export interface DatabaseDump {
  readonly serverVersion: string;
  /** Migrations the tables had, in order. */
  readonly migrations: readonly { readonly name: string; readonly sha256: string }[];
  readonly tables: readonly TableDump[];
}

const quote = (name: string): string => pg.escapeIdentifier(name);
const pathOf = (folder: string, table: string): string => join(folder, `${table}.copy.gz`);

/** Passes bytes through and remembers their hash. */
function hashing(): { readonly stream: Transform; readonly hex: () => string } {
  const hash = createHash("sha256");
  const stream = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  return { stream, hex: () => hash.digest("hex") };
}

/** Tables of the schema but the list of migrations, parents before children: each can be filled while its references hold. */
async function tablesInOrder(client: pg.ClientBase): Promise<readonly { name: string; columns: readonly string[] }[]> {
  const { rows } = await client.query<{ name: string; columns: string[]; parents: string[] }>(`
    SELECT c.relname AS name,
      (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns,
      (SELECT coalesce(array_agg(DISTINCT p.relname::text), '{}') FROM pg_constraint k JOIN pg_class p ON p.oid = k.confrelid
        WHERE k.conrelid = c.oid AND k.contype = 'f' AND NOT k.condeferrable AND p.oid <> c.oid) AS parents
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind = 'r' AND c.relname <> 'migration' ORDER BY c.relname`);
  const waiting = new Map(rows.map((row) => [row.name, row]));
  const ordered: { name: string; columns: readonly string[] }[] = [];
  while (waiting.size > 0) {
    const free = [...waiting.values()].filter(({ parents }) => !parents.some((parent) => waiting.has(parent)));
    if (free.length === 0) throw new StoreError("STORE_DUMP_FAILED", "The tables refer to each other in a circle.");
    for (const { name, columns } of free) {
      waiting.delete(name);
      ordered.push({ name, columns });
    }
  }
  return ordered;
}

/**
 * Writes every table to `folder` as it is at one instant (one REPEATABLE READ snapshot), while
 * others go on writing. `withSnapshot` is given the same snapshot before it ends.
 */
export async function dumpDatabase<T>(
  client: pg.ClientBase,
  folder: string,
  withSnapshot: (query: <Row extends pg.QueryResultRow>(text: string) => Promise<readonly Row[]>) => Promise<T>,
): Promise<{ readonly dump: DatabaseDump; readonly seen: T }> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  try {
    const query = async <Row extends pg.QueryResultRow>(text: string) => (await client.query<Row>(text)).rows;
    const [server] = await query<{ version: string }>("SELECT current_setting('server_version') AS version");
    const migrations = await query<{ name: string; sha256: string }>("SELECT name, sha256 FROM migration ORDER BY name");
    const tables: TableDump[] = [];
    for (const { name, columns } of await tablesInOrder(client)) {
      const source = client.query(copyTo(`COPY ${quote(name)} (${columns.map(quote).join(", ")}) TO STDOUT`));
      const hash = hashing();
      await pipeline(source, hash.stream, createGzip({ level: 1 }), createWriteStream(pathOf(folder, name), { mode: 0o600 }));
      await sync(pathOf(folder, name));
      tables.push({ name, columns, rows: source.rowCount, sha256: hash.hex() });
    }
    const seen = await withSnapshot(query);
    return { dump: { serverVersion: server?.version ?? "", migrations, tables }, seen };
  } finally {
    await client.query("ROLLBACK");
  }
}

async function sync(path: string): Promise<void> {
  const file = await open(path, "r");
  await file.sync().finally(() => file.close());
}

/** The migrations of a dump, as this release ships them. A dump of a later or another release is refused. */
async function migrationsOf(dump: DatabaseDump) {
  const shipped = await loadMigrations();
  const known = new Map(shipped.map((migration) => [migration.name, migration]));
  const base = dump.migrations.map(({ name, sha256 }) => {
    const migration = known.get(name);
    if (migration?.sha256 !== sha256)
      throw new StoreError(
        "STORE_DUMP_FOREIGN",
        `The backup has the migration ${name}, which this release has not or has in another form. Restore with the release that made it, or a later one.`,
      );
    return migration;
  });
  return { base, all: shipped };
}

/** What is in a dump's files, held against what it says of them. Throws `STORE_DUMP_DAMAGED`, `STORE_DUMP_FOREIGN`. */
export async function verifyDump(dump: DatabaseDump, folder: string): Promise<void> {
  await migrationsOf(dump);
  for (const { name, sha256 } of dump.tables) {
    const hash = hashing();
    const read = pipeline(createReadStream(pathOf(folder, name)), createGunzip(), hash.stream, async (bytes) => {
      for await (const _ of bytes);
    });
    await read.catch((cause: unknown) => {
      throw damaged(name, cause);
    });
    if (hash.hex() !== sha256) throw damaged(name);
  }
}

function damaged(table: string, cause?: unknown): StoreError {
  return new StoreError(
    "STORE_DUMP_DAMAGED",
    `The backup's table ${table} is not what its manifest says. Use another copy of the backup.`,
    {
      cause,
    },
  );
}

/**
 * Fills an empty database from a dump, in one transaction: the schema as it was then, every row, the
 * counters; then what this release adds to the schema. The rows pass every constraint anew.
 */
export async function loadDump(owner: pg.Client, dump: DatabaseDump, folder: string): Promise<void> {
  const { base, all } = await migrationsOf(dump);
  const { rows } = await owner.query("SELECT 1 FROM pg_class WHERE relname = 'audit_event' AND relkind = 'r'");
  if (rows.length > 0)
    throw new StoreError("STORE_NOT_EMPTY", "The database holds a platform already. Restore into an empty one.");
  await migrate(owner, base);
  await owner.query("BEGIN");
  try {
    await clearSeeds(owner, dump.tables);
    for (const { name, columns, rows: expected } of dump.tables) {
      const sink = owner.query(copyFrom(`COPY ${quote(name)} (${columns.map(quote).join(", ")}) FROM STDIN`));
      await pipeline(createReadStream(pathOf(folder, name)), createGunzip(), sink);
      if (sink.rowCount !== expected) throw damaged(name);
    }
    await resetCounters(owner);
    await owner.query("COMMIT");
  } catch (cause) {
    await owner.query("ROLLBACK");
    if (cause instanceof StoreError) throw cause;
    throw new StoreError("STORE_DUMP_DAMAGED", "The backup's rows do not fit its schema; nothing was restored.", { cause });
  }
  await migrate(owner, all);
}

/** Rows that migrations put in themselves are in the dump as well. Tables that are append-only have none. */
async function clearSeeds(owner: pg.Client, tables: readonly TableDump[]): Promise<void> {
  for (const { name } of tables.toReversed()) {
    const { rows } = await owner.query<{ some: boolean }>(`SELECT EXISTS (SELECT 1 FROM ${quote(name)}) AS some`);
    if (rows[0]?.some === true) await owner.query(`DELETE FROM ${quote(name)}`);
  }
}

/** An identity column goes on after its greatest value; the log's order of arrival rests on it. */
async function resetCounters(owner: pg.Client): Promise<void> {
  const { rows } = await owner.query<{ table: string; column: string }>(`
    SELECT c.relname AS table, a.attname AS column FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND a.attidentity <> '' AND c.relkind = 'r'`);
  for (const { table, column } of rows)
    await owner.query(
      `SELECT setval(pg_get_serial_sequence($1, $2), greatest((SELECT max(${quote(column)}) FROM ${quote(table)}), 1),
        EXISTS (SELECT 1 FROM ${quote(table)}))`,
      [quote(table), column],
    );
}
