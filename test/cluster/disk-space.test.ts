import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { createDiskMeasure, createDiskSpace, type FileSystem } from "../../src/cluster/index.ts";

const GiB = 1024 ** 3;
const marks = { lowFreeBytes: 2 * GiB, lowFreePercent: 2, criticalFreeBytes: GiB / 2, criticalFreePercent: 0, checkMs: 1000 };
const system = (
  freeBytes: number,
  sizeBytes = 50 * GiB,
  freeFiles = 1_000_000,
  folders: readonly string[] = [""],
): FileSystem => ({
  folders,
  freeBytes,
  sizeBytes,
  freeFiles,
});

t.test("marks are the greater of bytes and share, and a level is left only well above its mark", async (t) => {
  let systems: readonly FileSystem[] = [];
  const space = createDiskSpace({ marks, measure: async () => systems, log: () => undefined });
  const levelOf = async (...now: readonly FileSystem[]) => {
    systems = now;
    return space.look();
  };
  t.equal(space.level(), "ok");
  t.equal(await levelOf(system(2 * GiB)), "ok", "at the mark");
  t.equal(await levelOf(system(2 * GiB - 1)), "low");
  t.equal(await levelOf(system(2 * GiB)), "low", "just at the mark again");
  t.equal(await levelOf(system(2.2 * GiB)), "ok");
  t.equal(await levelOf(system(19 * GiB, 1000 * GiB)), "low", "2 % of a large one is more");
  t.equal(await levelOf(system(GiB / 2 - 1)), "critical");
  t.equal(await levelOf(system(GiB / 2)), "critical");
  t.equal(await levelOf(system(GiB)), "low");
  t.equal(await levelOf(system(40 * GiB), system(GiB)), "low", "the tightest counts");
  t.same(space.tightest(), system(GiB));
  t.equal(await levelOf(system(40 * GiB, 50 * GiB, 999)), "low", "no inodes, no files");
  const uncounted: FileSystem = { folders: [""], freeBytes: 40 * GiB, sizeBytes: 50 * GiB, freeFiles: undefined };
  t.equal(await levelOf(uncounted), "ok", "a file system that counts none");
});

t.test("there is room for what leaves the folder's file system above its low mark, if none is short", async (t) => {
  let systems = [system(40 * GiB, 50 * GiB, 9999, ["", "uploads"]), system(5 * GiB, 50 * GiB, 9999, ["vault"])];
  const space = createDiskSpace({ marks, measure: async () => systems, log: () => undefined });
  t.equal(await space.hasRoom(3 * GiB, "vault"), true);
  t.equal(await space.hasRoom(3 * GiB + 1, "vault"), false);
  t.equal(await space.hasRoom(38 * GiB, "uploads"), true);
  t.equal(await space.hasRoom(38 * GiB + 1, "provisions"), false, "not made yet: on the data folder's own");
  t.equal(space.level(), "ok");
  systems = [...systems, system(GiB, 50 * GiB, 9999, ["pg"])];
  t.equal(await space.hasRoom(1, "vault"), false);
});

t.test("a measure that fails changes nothing, and is told", async (t) => {
  const said: string[] = [];
  let answer: () => Promise<readonly FileSystem[]> = async () => [system(GiB)];
  const space = createDiskSpace({ marks, measure: () => answer(), log: (message) => void said.push(message) });
  t.equal(await space.look(), "low");
  answer = () => Promise.reject(new Error("no such folder"));
  t.equal(await space.look(), "low");
  t.equal(said.length, 1);
});

t.test("every file system below the data folder is measured once", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "hg-disk-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  for (const name of ["vault", "pg", "uploads"]) await mkdir(join(folder, name));
  const measure = createDiskMeasure(folder);
  const [own, ...others] = await measure();
  t.same(
    [...(own?.folders ?? [])].toSorted((a, b) => a.localeCompare(b)),
    ["", "pg", "uploads", "vault"],
  );
  t.same(others, []);
  t.ok((own?.freeBytes ?? 0) > 0 && (own?.sizeBytes ?? 0) > (own?.freeBytes ?? 0));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", join(folder, "vault")], { stdio: "ignore" });
  } catch {
    t.comment("skipped: no right to mount a small file system here");
    return;
  }
  t.teardown(() => execFileSync("umount", [join(folder, "vault")]));
  const before = await measure();
  t.equal(before.length, 2);
  const vault = before.find(({ folders }) => folders.includes("vault"));
  t.equal(vault?.sizeBytes, 1024 * 1024);
  await writeFile(join(folder, "vault/x"), Buffer.alloc(512 * 1024));
  const after = (await measure()).find(({ folders }) => folders.includes("vault"));
  t.ok((vault?.freeBytes ?? 0) - (after?.freeBytes ?? 0) >= (await stat(join(folder, "vault/x"))).size);
});
