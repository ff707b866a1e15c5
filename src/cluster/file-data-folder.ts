import { access, link, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Actor, expectOne, type UnitOfWork } from "../audit/index.ts";
import type { Clock, Ids } from "../kernel/index.ts";
import type { Store } from "../store/index.ts";
import { ClusterError } from "./errors.ts";

const actor: Actor = { kind: "system", component: "cluster" };

async function readName(path: string): Promise<string | undefined> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    // A folder that cannot be read is not a new one.
    throw error;
  });
  return text?.trim();
}

async function writeName(path: string, name: string): Promise<void> {
  const beside = `${path}.new`;
  const file = await open(beside, "w", 0o600);
  try {
    await file.writeFile(`${name}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await link(beside, path).finally(() => rm(beside, { force: true }));
  const folder = await open(join(path, ".."), "r");
  await folder.sync().finally(() => folder.close());
}

/**
 * Holds the data folder against the database before anything is made in it: a gateway started with
 * a folder of its own would make keys of its own and sign a second log with them. The two are tied
 * at the first start by a name that stands in both. Throws `CLUSTER_FOLDER_OTHER`, `CLUSTER_FOLDER_NEW`.
 */
export async function adoptDataFolder(deps: {
  readonly store: Store;
  readonly work: UnitOfWork;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly dataDir: string;
}): Promise<void> {
  const { store, work, clock, dataDir } = deps;
  const path = join(dataDir, "folder-name");
  const row = await store.db.selectFrom("data_folder").select("id").executeTakeFirst();
  const name = await readName(path);
  if (row !== undefined && name === undefined)
    throw new ClusterError(
      "CLUSTER_FOLDER_NEW",
      `${dataDir} is not the data folder of this database: it has no ${path}. Name the one that the gateways share with --data-dir.`,
    );
  if (row !== undefined && row.id !== name)
    throw new ClusterError(
      "CLUSTER_FOLDER_OTHER",
      `${dataDir} belongs to another database. Name the right one with --data-dir, or the right server with DATABASE_URL.`,
    );
  if (row !== undefined) return;
  // A crash between the two leaves a name without its row, and nothing else: keys are made later.
  const used = await access(join(dataDir, "keystore")).then(
    () => true,
    () => false,
  );
  if (name !== undefined && used)
    throw new ClusterError(
      "CLUSTER_FOLDER_OTHER",
      `${dataDir} was used with another database. Name the right one with --data-dir, or the right server with DATABASE_URL.`,
    );
  const id = name ?? deps.ids.make("dataFolder");
  if (name === undefined) await writeName(path, id);
  await work.change({ type: "data-folder.adopted", actor, object: id, outcome: "done" }, [
    expectOne(store.db.insertInto("data_folder").values({ id, adopted_at: clock.now() }).returning("id")),
  ]);
}
