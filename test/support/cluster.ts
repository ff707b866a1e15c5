import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, chmod, mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { systemRandom } from "../../src/kernel/index.ts";
import { openStore } from "../../src/store/index.ts";

const run = promisify(execFile);
const repository = join(import.meta.dirname, "../..");

/** What a cluster with its schema consists of, in a data folder. */
const parts = ["pg", "pg.credentials.json"];

/** Names the template by what it was made from: another server, another schema or another account is another template. */
async function templateName(): Promise<string> {
  const hash = createHash("sha256").update(`${process.getuid?.() ?? ""} ${process.arch}\n`);
  hash.update(await readFile(join(repository, "package.json")));
  const migrations = join(repository, "src/store/migrations");
  for (const name of (await readdir(migrations)).sort()) hash.update(name).update(await readFile(join(migrations, name)));
  return `hg-cluster-${hash.digest("hex").slice(0, 16)}`;
}

async function makeTemplate(path: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "hg-cluster-new-"));
  await chmod(folder, 0o711);
  const store = await openStore({ dataDir: folder, random: systemRandom, log: () => undefined });
  await store.close();
  // Of two makers one is first; the other's is as good and not needed.
  await rename(folder, path).catch(() => rm(folder, { recursive: true, force: true }));
}

/**
 * Gives a new data folder a real cluster with its schema by copying one that was made once on this
 * machine: `initdb` and migrations take longer than most test files. A first start is tested where
 * it is the subject (`store.test.ts`, the end-to-end tests of the command).
 */
export async function copyCluster(dataDir: string): Promise<void> {
  const template = join(tmpdir(), await templateName());
  await access(template).catch(() => makeTemplate(template));
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  await run("cp", ["-a", ...parts.map((part) => join(template, part)), dataDir]);
}
