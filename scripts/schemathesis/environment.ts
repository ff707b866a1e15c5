import { execFile } from "node:child_process";
import { access, mkdir, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const version = "4.32.5";

/** Where the tool is, installed from PyPI into a cache folder the first time; python3 (3.10 or later) must be there. */
export async function findSchemathesis(): Promise<string> {
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  const folder = join(cache, "hanguang", `schemathesis-${version}`);
  const tool = join(folder, "bin", "schemathesis");
  const done = await access(join(folder, "installed")).then(
    () => true,
    () => false,
  );
  if (done) return tool;
  await rm(folder, { recursive: true, force: true });
  await mkdir(cache, { recursive: true });
  await run("python3", ["-m", "venv", folder]);
  await run(join(folder, "bin", "pip"), ["install", "--quiet", "--disable-pip-version-check", `schemathesis==${version}`]);
  await mkdir(join(folder, "installed"));
  return tool;
}
