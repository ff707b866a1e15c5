import { link, open, readFile, rename, rm } from "node:fs/promises";
import { StoreError } from "./errors.ts";

/** Who holds a data folder: a process id alone would soon name somebody else's process. */
interface Holder {
  readonly pid: number;
  /** The kernel's start time of that process and the boot it was counted from; empty where there is no /proc. */
  readonly started: string;
}

export interface FolderLock {
  release(): Promise<void>;
}

async function startOf(pid: number): Promise<string> {
  try {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, "utf8"),
      readFile("/proc/sys/kernel/random/boot_id", "utf8"),
    ]);
    // The program's name, in brackets, may hold spaces and brackets; start time is the 20th field after it (proc(5)).
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A zombie has ended and waits for its parent only.
    return fields[0] === "Z" ? "ended" : `${boot.trim()}/${fields[19] ?? ""}`;
  } catch {
    return "";
  }
}

async function isAlive({ pid, started }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
  }
  return started === "" || (await startOf(pid)) === started;
}

async function readHolder(path: string): Promise<{ readonly text: string; readonly holder: Holder | undefined } | undefined> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const [, pid, started] = /^(\d+) (\S*)\n$/.exec(text) ?? [];
  return { text, holder: pid === undefined ? undefined : { pid: Number(pid), started: started ?? "" } };
}

function inUse(path: string, holder: Holder): StoreError {
  return new StoreError(
    "STORE_FOLDER_IN_USE",
    `The data folder is in use by process ${holder.pid}. Stop it, or choose another --data-dir. (The lock is ${path}.)`,
  );
}

/**
 * Holds a data folder for this process: a second gateway would stop the first one's PostgreSQL as a
 * leftover. The lock of a process that is gone is taken over. Processes of other machines or
 * containers are not seen: a data folder belongs to one machine. Throws `STORE_FOLDER_IN_USE`.
 */
export async function lockFolder(path: string): Promise<FolderLock> {
  const own = `${path}.${process.pid}`;
  const text = `${process.pid} ${await startOf(process.pid)}\n`;
  const file = await open(own, "w", 0o600);
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
  try {
    // A link is made whole or not at all: nobody reads a lock that is half written.
    while (!(await link(own, path).then(() => true, isTaken))) {
      const found = await readHolder(path);
      if (found === undefined) continue;
      if (found.holder !== undefined && (await isAlive(found.holder))) throw inUse(path, found.holder);
      await removeStale(path, `${own}.stale`, found.text);
    }
  } finally {
    await rm(own, { force: true });
  }
  return {
    release: async () => {
      if ((await readHolder(path))?.text === text) await rm(path, { force: true });
    },
  };
}

function isTaken(error: unknown): false {
  if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
  throw error;
}

/** Moves the stale lock aside; another process may have been first, and its lock is put back. */
async function removeStale(path: string, aside: string, stale: string): Promise<void> {
  const moved = await rename(path, aside).then(
    () => true,
    () => false,
  );
  if (!moved) return;
  const text = await readFile(aside, "utf8");
  if (text !== stale) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}
