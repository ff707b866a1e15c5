import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Test } from "tap";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");

/** The `sh` blocks of a how-to page, in order, as a reader would type them. */
export async function shellOf(page: string): Promise<readonly string[]> {
  const text = await readFile(join(root, "docs/how-to", page), "utf8");
  return Array.from(text.matchAll(/^( *)```sh\n([\s\S]*?)^ *```$/gm), ([, indent = "", block = ""]) =>
    block
      .split("\n")
      .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
      .join("\n"),
  );
}

/** Runs the page's commands, one shell for all, in an empty folder; stops at the first that fails. Gives the folder. */
export async function runHowTo(t: Test, page: string, variables: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "hg-how-to-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const script = (await shellOf(page)).join("\n");
  await run("bash", ["-euo", "pipefail", "-c", script], {
    cwd: folder,
    env: { PATH: `${join(root, "node_modules/.bin")}:${process.env["PATH"] ?? ""}`, ...variables },
  });
  return folder;
}
