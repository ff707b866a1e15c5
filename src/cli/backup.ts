import { createHash } from "node:crypto";
import { mkdir, open, readdir } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { createUnitOfWork } from "../audit/index.ts";
import { createIds, systemClock, systemRandom } from "../kernel/index.ts";
import { dumpDatabase, openStore, type Store } from "../store/index.ts";
import { BackupError } from "./backup-error.ts";
import { saveFiles } from "./backup-files.ts";
import { type BackupFile, type BackupManifest, filesFolder, manifestName, tablesFolder } from "./backup-manifest.ts";
import { readDatabaseUrls } from "./database-urls.ts";
import { explainFailure } from "./explain-failure.ts";
import { type CommonOptions, parseCommand, UsageError } from "./options.ts";

const usage = `Usage: npm run backup -- --to DIR [--data-dir DIR]

  --to DIR         a new folder for the backup
  --data-dir DIR   the platform's data folder (default ./data); it may be running

The root key is neither needed nor saved: keep it elsewhere, for without it the backup opens nothing.
`;

interface CopyRow {
  readonly location: string;
  readonly destroyed: boolean;
}

async function prepareTarget(to: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  if ((await readdir(to)).length > 0) throw new UsageError(`--to: ${to} is not empty. Name a new folder.`);
}

/** All that the store says lies in files, the wrapped keys, and the name that ties the folder to the store. */
async function saveCopies(store: Store, dataDir: string, copies: readonly CopyRow[], to: string): Promise<readonly BackupFile[]> {
  const saved: BackupFile[] = [];
  for (const { location } of copies.filter(({ destroyed }) => !destroyed)) {
    const path = relative(dataDir, resolve(dataDir, location));
    if (path.startsWith(".."))
      throw new BackupError(
        `The store names ${location}, which is not below ${dataDir}. Name the folder the platform runs with.`,
      );
    const files = await saveFiles(dataDir, path, to);
    if (files !== undefined) saved.push(...files);
    // Gone since the snapshot, because it was destroyed as it had to be; anything else is a loss to be told now.
    else if (!(await isDestroyed(store, location))) throw new BackupError(`${location} is missing; the platform is damaged.`);
  }
  // After the snapshot: a key that was destroyed meanwhile must not live on in a backup.
  for (const path of ["keystore", "folder-name"]) saved.push(...((await saveFiles(dataDir, path, to)) ?? []));
  return saved;
}

async function isDestroyed(store: Store, location: string): Promise<boolean> {
  const row = await store.db.selectFrom("copy").select("destroyed_at").where("location", "=", location).executeTakeFirst();
  return row === undefined || row.destroyed_at !== null;
}

/** Makes a backup beside a running gateway or of a stopped one; tells its manifest and the manifest's hash. */
export async function makeBackup(
  { dataDir: folder }: Pick<CommonOptions, "dataDir">,
  to: string,
): Promise<{ readonly manifest: BackupManifest; readonly sha256: string }> {
  const dataDir = resolve(folder);
  await prepareTarget(to);
  const clock = systemClock;
  const random = systemRandom;
  const store = await openStore({ dataDir, random, log: () => undefined, server: readDatabaseUrls(process.env), attach: true });
  try {
    const work = createUnitOfWork({ store, ids: createIds({ clock, random }), clock, random, onRecorded: () => undefined });
    // Before the snapshot, so that the backup itself tells that it was made.
    const actor = { kind: "system", component: "backup" } as const;
    await work.record({ type: "store.backed-up", actor, object: "store", outcome: "done" });
    const madeAt = clock.now().toISOString();
    const session = await store.session();
    try {
      const { dump, seen } = await dumpDatabase(session, join(to, tablesFolder), async (query) => ({
        copies: await query<CopyRow>("SELECT location, destroyed_at IS NOT NULL AS destroyed FROM copy ORDER BY location"),
        head: (
          await query<{ size: string; root: string }>("SELECT size::text, encode(root, 'base64') AS root FROM audit_head")
        )[0],
      }));
      const files = await saveCopies(store, dataDir, seen.copies, join(to, filesFolder));
      const log = seen.head ?? { size: "0", root: "" };
      const manifest: BackupManifest = { format: "hanguang-backup/1", madeAt, database: dump, files, log };
      return { manifest, sha256: await writeManifest(manifest, join(to, manifestName)) };
    } finally {
      await session.end();
    }
  } finally {
    await store.close();
  }
}

async function writeManifest(manifest: BackupManifest, path: string): Promise<string> {
  const text = `${JSON.stringify(manifest, null, 1)}\n`;
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  return createHash("sha256").update(text).digest("hex");
}

if (import.meta.main)
  try {
    const { common, values } = parseCommand(process.argv.slice(2), { to: { type: "string" } });
    if (values["to"] === undefined) throw new UsageError("--to is missing.");
    const { manifest, sha256 } = await makeBackup(common, resolve(String(values["to"])));
    const rows = manifest.database.tables.reduce((sum, table) => sum + table.rows, 0);
    const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
    console.log(`Backed up ${rows} rows and ${manifest.files.length} files (${bytes} bytes), as of ${manifest.madeAt}.`);
    console.log(`SHA-256 of the manifest: ${sha256}`);
    console.log(
      "Not in it: the root key, and the last published checkpoint. Keep both elsewhere (docs/how-to/backup-and-restore.md).",
    );
  } catch (error) {
    process.exitCode = explainFailure(error, usage);
  }
