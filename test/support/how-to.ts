import { execFile } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Test } from "tap";
import { totpCode } from "../../scripts/demo/authenticator.ts";
import { blocksOf, shownDifference } from "./how-to-page.ts";
import type { TestClock } from "./store.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");

export interface HowToOptions {
  /** What the page writes as an example, by what it is here: an address, a folder of the host. Each must stand in the page. */
  readonly examples?: Readonly<Record<string, string>>;
  /** The platform's clock, where it stands still: asking the app for a code moves it on, as a reader would wait for the next code. */
  readonly clock?: TestClock;
}

/** Platforms that the page started, oldest first. */
export async function pidsOf(folder: string): Promise<readonly number[]> {
  const text = await readFile(join(folder, "pids"), "utf8").catch(() => "");
  return text.split("\n").filter(Boolean).map(Number);
}

/** Stops a process that a page started, if it still runs, and waits until it has gone. */
async function end(pid: number): Promise<void> {
  try {
    for (process.kill(pid, "SIGTERM"); ; process.kill(pid, 0)) await new Promise((resume) => setTimeout(resume, 50));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Answers a code for the secret in its path, never one that was shown before. */
async function startApp(t: Test, clock: TestClock): Promise<string> {
  const server = createServer((request, response) => {
    clock.advance(60_000);
    response.end(totpCode((request.url ?? "").slice(1), Math.floor(clock.now().getTime() / 30_000)));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  t.teardown(() => new Promise((closed) => server.close(closed)));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** What a reader does otherwise than a script: has installed already, starts the platform in another terminal, looks at a telephone, signs in in a browser. */
const reader = `
read() { address=$(curl -sf -G "$browser" --data-urlencode "url=$(field authorizationUrl < start.json)"); }
npm() {
  case "$*" in
    ci) ;;
    start*)
      started=$((\${started:-0} + 1)); shift; [ "\${1:-}" != -- ] || shift
      node src/main.ts "$@" > "start-$started" 2>&1 &
      echo $! >> pids
      for _ in $(seq 600); do grep -q 'listens on' "start-$started" && break; kill -0 $! || { cat "start-$started" >&2; return 1; }; sleep 0.1; done ;;
    "run --silent totp -- "*) if [ -n "\${app:-}" ]; then curl -sf "$app$5"; else command npm "$@"; fi ;;
    *) command npm "$@" ;;
  esac
}
`;

/**
 * Runs the page's commands, one shell for all, in an empty folder that looks like a checkout; stops at
 * the first that fails, or that prints something else than the page shows behind it. Gives the folder.
 */
export async function runHowTo(
  t: Test,
  page: string,
  variables: Readonly<Record<string, string>> = {},
  { examples = {}, clock }: HowToOptions = {},
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "hg-how-to-"));
  // The embedded database's own account must be able to enter.
  await chmod(folder, 0o755);
  t.teardown(async () => {
    for (const pid of await pidsOf(folder)) await end(pid);
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  for (const name of ["package.json", "src", "scripts", "config", "node_modules"])
    await symlink(join(root, name), join(folder, name));
  const app = clock === undefined ? {} : { app: await startApp(t, clock) };
  const blocks = await blocksOf(page);
  for (const example of Object.keys(examples))
    if (!blocks.some(({ text }) => text.includes(example))) throw new Error(`${page} says nothing of ${example}`);
  const here = (text: string) => Object.entries(examples).reduce((all, [example, own]) => all.replaceAll(example, own), text);
  const typed: string[] = [reader];
  for (const [at, { language, text }] of blocks.entries()) {
    if (language !== "sh") continue;
    await writeFile(join(folder, `block-${at}`), here(text));
    typed.push(`echo 'block ${at}' > reached; exec > 'printed-${at}'; source ./'block-${at}'`);
  }
  const shell = ["--norc", "-euo", "pipefail", "-c", typed.join("\n")];
  const env = { PATH: `${join(root, "node_modules/.bin")}:${process.env["PATH"] ?? ""}`, HOME: folder, ...app, ...variables };
  await run("bash", shell, { cwd: folder, env }).catch(async (error: Error & { stderr?: string }) => {
    const reached = (await readFile(join(folder, "reached"), "utf8")).trim();
    const printed = await readFile(join(folder, reached.replace("block ", "printed-")), "utf8");
    const block = await readFile(join(folder, reached.replace(" ", "-")), "utf8");
    throw new Error(`${page}, ${reached}:\n${block}\nprinted: ${printed}\n${error.stderr ?? error.message}`);
  });
  // Whoever shows a code of the same app next shows another one.
  clock?.advance(60_000);
  const others: string[] = [];
  for (const [at, shown] of blocks.entries()) {
    if (blocks[at - 1]?.language !== "sh" || !["json", "text"].includes(shown.language)) continue;
    const printed = await readFile(join(folder, `printed-${at - 1}`), "utf8");
    const other = shownDifference({ ...shown, text: here(shown.text) }, printed);
    if (other !== undefined) others.push(`${page} shows\n${shown.text}and it is ${other}`);
  }
  if (others.length > 0) throw new Error(others.join("\n"));
  return folder;
}
