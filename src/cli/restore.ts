import { createHash } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createUnitOfWork } from "../audit/index.ts";
import { createIds, leafHash, MerkleFrontier, systemClock, systemRandom } from "../kernel/index.ts";
import { openStore, restoreStore, type Store, verifyDump } from "../store/index.ts";
import { BackupError } from "./backup-error.ts";
import { placeFiles } from "./backup-files.ts";
import { type BackupManifest, filesFolder, readManifest, tablesFolder } from "./backup-manifest.ts";
import { readDatabaseUrls } from "./database-urls.ts";
import { explainFailure } from "./explain-failure.ts";
import { type CommonOptions, parseCommand, UsageError } from "./options.ts";
import { storedEntries } from "./verify-sources.ts";

const usage = `Usage: npm run restore -- --from DIR [--data-dir DIR] [--checkpoint FILE]

  --from DIR         the backup, as npm run backup wrote it
  --data-dir DIR     a new data folder (default ./data); with DATABASE_OWNER_URL the rows go into that empty database
  --checkpoint FILE  the last checkpoint that was published, as the lost platform's data folder or an auditor has it

Without the last published checkpoint, or where the backup is older than it, the restored platform signs nothing until two
administrators approve a new origin for its log (docs/how-to/backup-and-restore.md).
`;

/** Recomputes the log of a store and holds it against its own head. */
async function verifyStoredLog(store: Store): Promise<bigint> {
  let frontier = MerkleFrontier.empty;
  for await (const { index, leaf, hash } of storedEntries(store)) {
    if (index !== frontier.size.toString() || leaf === undefined)
      throw new BackupError(`Event ${frontier.size} is missing in the backup's log; nothing was restored.`);
    const computed = leafHash(leaf);
    if (hash === undefined || !Buffer.from(computed).equals(hash))
      throw new BackupError(`Event ${index} of the backup's log is not what entered it; nothing was restored.`);
    frontier = frontier.append(computed);
  }
  const head = await store.db.selectFrom("audit_head").select(["size", "root"]).executeTakeFirstOrThrow();
  if (head.size !== frontier.size.toString() || !head.root.equals(frontier.root))
    throw new BackupError("The head of the backup's log is not the root of its events; nothing was restored.");
  return frontier.size;
}

/** Says in the restored log what it was restored from. */
async function recordRestore(store: Store, manifest: BackupManifest, manifestHash: string): Promise<void> {
  const clock = systemClock;
  const random = systemRandom;
  const work = createUnitOfWork({ store, ids: createIds({ clock, random }), clock, random, onRecorded: () => undefined });
  await work.record({
    type: "store.restored",
    actor: { kind: "system", component: "restore" },
    object: "store",
    outcome: "done",
    data: { backupMadeAt: manifest.madeAt, manifest: manifestHash, logSize: manifest.log.size },
  });
}

export interface Restored {
  readonly manifest: BackupManifest;
  /** Events of the log, all recomputed. */
  readonly events: bigint;
}

/**
 * Makes a platform from a backup: everything in it is held against its hashes and the log is
 * recomputed before the new folder gets its name. A failure leaves nothing.
 */
export async function restoreBackup(
  { dataDir: folder }: Pick<CommonOptions, "dataDir">,
  from: string,
  checkpoint: string | undefined,
): Promise<Restored> {
  const dataDir = resolve(folder);
  if ((await readdir(dataDir).catch(() => [])).length > 0)
    throw new UsageError(`--data-dir: ${dataDir} is not empty. Name a new folder; an existing platform is never written over.`);
  const urls = readDatabaseUrls(process.env);
  if (urls !== undefined && urls.owner === undefined)
    throw new UsageError("With DATABASE_URL, DATABASE_OWNER_URL is needed too: the tables are made anew.");
  const { manifest, text } = await readManifest(from);
  await verifyDump(manifest.database, join(from, tablesFolder));
  const building = `${dataDir}.restoring`;
  await rm(building, { recursive: true, force: true });
  try {
    // As in a first start: the database's own account passes through; what is inside is closed to it.
    await mkdir(building, { recursive: true, mode: 0o711 });
    await placeFiles(manifest.files, join(from, filesFolder), building);
    await restoreStore({
      dataDir: building,
      random: systemRandom,
      ownerUrl: urls?.owner,
      dump: manifest.database,
      folder: join(from, tablesFolder),
    });
    if (checkpoint !== undefined)
      await copyFile(checkpoint, join(building, "checkpoint")).catch((cause: unknown) => {
        throw new BackupError(`${checkpoint} cannot be read.`, { cause });
      });
    const store = await openStore({ dataDir: building, random: systemRandom, log: () => undefined, server: urls });
    let events: bigint;
    try {
      events = await verifyStoredLog(store);
      await recordRestore(store, manifest, createHash("sha256").update(text).digest("hex"));
    } finally {
      await store.close();
    }
    await rm(dataDir, { recursive: true, force: true });
    await rename(building, dataDir);
    return { manifest, events };
  } catch (error) {
    await rm(building, { recursive: true, force: true });
    throw error;
  }
}

if (import.meta.main)
  try {
    const { common, values } = parseCommand(process.argv.slice(2), { from: { type: "string" }, checkpoint: { type: "string" } });
    if (values["from"] === undefined) throw new UsageError("--from is missing.");
    const checkpoint = values["checkpoint"] === undefined ? undefined : resolve(String(values["checkpoint"]));
    const { manifest, events } = await restoreBackup(common, resolve(String(values["from"])), checkpoint);
    const size = checkpoint === undefined ? undefined : (await readFile(checkpoint, "utf8")).split("\n")[1];
    console.log(
      `Restored ${common.dataDir} as of ${manifest.madeAt}: ${events} events, all recomputed; every file as the manifest says.`,
    );
    console.log(`Start it with the root key it was made with: npm start -- --data-dir ${common.dataDir} --key-file FILE`);
    if (size === undefined || BigInt(size) > events)
      console.log(
        "The log signs nothing until two administrators approve a new origin (POST /v1/log/origins): " +
          (size === undefined
            ? "no last published checkpoint was given."
            : `the last published checkpoint covers ${size} events, the backup ${events}.`),
      );
  } catch (error) {
    process.exitCode = explainFailure(error, usage);
  }
