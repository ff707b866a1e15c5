import type { Client } from "pg";
import { StoreError } from "./errors.ts";
import type { Migration } from "./file-migrations.ts";

/** Key of the advisory lock that lets one process migrate while the others wait. */
const migrationLock = 0x68616e67;

/**
 * Applies the migrations that the database lacks, each in a transaction, under an advisory lock.
 * A migration whose text changed after it was applied stops the start: history is not rewritten.
 */
export async function migrate(owner: Client, migrations: readonly Migration[]): Promise<readonly string[]> {
  await owner.query("SELECT pg_advisory_lock($1)", [migrationLock]);
  try {
    await owner.query(
      "CREATE TABLE IF NOT EXISTS migration (name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())",
    );
    const applied = new Map<string, string>();
    const rows = await owner.query<{ name: string; sha256: string }>("SELECT name, sha256 FROM migration");
    for (const row of rows.rows) applied.set(row.name, row.sha256);
    const done: string[] = [];
    for (const migration of migrations) {
      const before = applied.get(migration.name);
      if (before === undefined) {
        await apply(owner, migration);
        done.push(migration.name);
      } else if (before !== migration.sha256) throw changed(migration.name);
    }
    return done;
  } finally {
    await owner.query("SELECT pg_advisory_unlock($1)", [migrationLock]);
  }
}

/** For a process that may not migrate: whether all it needs is there. What a later release added does not disturb it. */
export async function checkMigrated(service: Client, migrations: readonly Migration[]): Promise<void> {
  const { rows } = await service
    .query<{ name: string; sha256: string }>("SELECT name, sha256 FROM migration")
    // No table, or none of ours: the same to do.
    .catch(() => ({ rows: [] }));
  const applied = new Map(rows.map(({ name, sha256 }) => [name, sha256]));
  const missing = migrations.filter(({ name }) => !applied.has(name)).map(({ name }) => name);
  if (missing.length > 0)
    throw new StoreError(
      "STORE_NOT_MIGRATED",
      `The database lacks ${missing.join(", ")}. Run \`npm run migrate\` with DATABASE_OWNER_URL, once for all gateways.`,
    );
  for (const { name, sha256 } of migrations) if (applied.get(name) !== sha256) throw changed(name);
}

function changed(name: string): StoreError {
  return new StoreError("STORE_MIGRATION_CHANGED", `Migration ${name} was changed after it was applied; add a new one instead.`);
}

async function apply(owner: Client, migration: Migration): Promise<void> {
  await owner.query("BEGIN");
  try {
    await owner.query(migration.sql);
    await owner.query("INSERT INTO migration (name, sha256) VALUES ($1, $2)", [migration.name, migration.sha256]);
    await owner.query("COMMIT");
  } catch (cause) {
    await owner.query("ROLLBACK");
    throw new StoreError("STORE_MIGRATION_FAILED", `Migration ${migration.name} failed and was undone.`, { cause });
  }
}
