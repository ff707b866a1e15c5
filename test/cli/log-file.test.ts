import { execFileSync } from "node:child_process";
import { appendFile, chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { pino } from "pino";
import t from "tap";
import { openLogFile } from "../../src/cli/file-log.ts";
import { createTestClock } from "../support/store.ts";

const folder = await mkdtemp(join(tmpdir(), "hg-log-"));
t.teardown(() => rm(folder, { recursive: true, force: true }));
let names = 0;
const settings = (over: object = {}) => ({
  file: join(folder, `${names++}.log`),
  rotateBytes: 0,
  rotateMs: 0,
  keepFiles: 1000,
  ...over,
});
/** The files of a log, oldest line first. */
async function filesOf(file: string): Promise<readonly string[]> {
  const [at, name] = [file.lastIndexOf("/"), file.slice(file.lastIndexOf("/") + 1)];
  const all = (await readdir(file.slice(0, at))).filter((other) => other === name || other.startsWith(`${name}.`));
  const age = (other: string) => Number(other.slice(name.length + 1) || 0);
  return all.toSorted((a, b) => age(b) - age(a)).map((other) => join(file.slice(0, at), other));
}
const linesOf = async (file: string) => {
  const texts = await Promise.all((await filesOf(file)).map((one) => readFile(one, "utf8")));
  return texts.flatMap((text) => text.split("\n").filter((line) => line !== "")).map((line) => JSON.parse(line));
};
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);
const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await pause(20)) if (await holds()) return;
  throw new Error(`it did not come to pass that ${what}`);
};

t.test("under load no line is lost, torn or out of order while the file is turned over by size", async (t) => {
  const config = settings({ rotateBytes: 50_000 });
  const file = await openLogFile({ settings: config, clock: createTestClock() });
  const log = pino({}, file);
  const total = 30_000;
  for (let n = 0; n < total; n++) {
    log.info({ n, text: "a line as requests leave it, 中文 as well" });
    if (n % 100 === 0) await pause(0);
  }
  await file.close();
  const files = await filesOf(config.file);
  t.ok(files.length > 20, `${files.length} files`);
  t.same(
    (await linesOf(config.file)).map(({ n }) => n),
    upTo(total),
  );
  for (const one of files.slice(0, 3)) t.equal((await stat(one)).mode & 0o777, 0o600);
});

t.test("it is turned over by age, keeps so many files, and closes one that others could read", async (t) => {
  const clock = createTestClock();
  const config = settings({ rotateMs: 60_000, keepFiles: 2 });
  await writeFile(config.file, '{"n":0}\n');
  await chmod(config.file, 0o644);
  const file = await openLogFile({ settings: config, clock });
  t.equal((await stat(config.file)).mode & 0o777, 0o600);
  await file.close();
  await rm(config.file);
  const again = await openLogFile({ settings: config, clock });
  const log = pino({}, again);
  for (const n of upTo(5)) {
    log.info({ n });
    // The file itself only: the others are being renamed while we look.
    await until("it is written", async () => (await readFile(config.file, "utf8").catch(() => "")).includes(`"n":${n}}`));
    clock.advance(60_000);
  }
  await again.close();
  t.equal((await filesOf(config.file)).length, 3);
  t.same(
    (await linesOf(config.file)).map(({ n }) => n),
    [2, 3, 4],
  );
});

t.test("opened anew under load, for another program that turned it over, it loses nothing", async (t) => {
  const config = settings();
  const file = await openLogFile({ settings: config, clock: createTestClock() });
  const log = pino({}, file);
  const total = 5000;
  for (const n of upTo(total)) {
    log.info({ n });
    if (n % 500 === 0) {
      await rename(config.file, `${config.file}.${1000 - n / 500}`);
      file.reopen();
      await until("it is there anew", async () => (await filesOf(config.file)).includes(config.file));
    }
  }
  await file.close();
  t.same(
    (await linesOf(config.file)).map(({ n }) => n),
    upTo(total),
  );
});

t.test("a full disk stops neither whoever logs nor the end, and what is written stays whole", async (t) => {
  const small = join(folder, "small");
  await mkdir(small);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", small], { stdio: "ignore" });
  } catch {
    t.comment("skipped: no right to mount a small file system here");
    return;
  }
  t.teardown(() => execFileSync("umount", [small]));
  const config = settings({ file: join(small, "gateway.log"), rotateBytes: 100_000_000 });
  const file = await openLogFile({ settings: config, clock: createTestClock() });
  const log = pino({}, file);
  const ballast = join(small, "ballast");
  await writeFile(ballast, Buffer.alloc(200 * 1024));
  const text = "x".repeat(1000);
  const total = 12_000;
  for (const n of upTo(total)) {
    log.info({ n, text });
    if (n % 500 === 0) await pause(0);
  }
  const written = (await stat(config.file)).size;
  t.ok(written > 0 && written <= 56 * 1024, `${written} bytes`);
  await rm(ballast);
  // Somebody takes the full file away to a place with room.
  const rest = `${config.file}.taken`;
  await until("more is written", async () => (await stat(config.file)).size > written);
  await appendFile(join(folder, "taken"), await readFile(config.file));
  await rename(config.file, rest);
  await rm(rest);
  file.reopen();
  const begun = performance.now();
  await file.close();
  t.comment(`closed in ${Math.round(performance.now() - begun)} ms`);
  const first = (await readFile(join(folder, "taken"), "utf8")).split("\n").filter((line) => line.endsWith("}"));
  t.same(
    first.map((line) => JSON.parse(line).n),
    upTo(first.length),
    "what was written is whole and in order",
  );
});

t.test("lines that were lost are counted in the log", async (t) => {
  const config = settings();
  const file = await openLogFile({ settings: config, clock: createTestClock() });
  const log = pino({}, file);
  const text = "x".repeat(10_000);
  const total = 2000;
  // All at once: more than may wait.
  for (const n of upTo(total)) log.info({ n, text });
  await until("the loss is told", async () => (await readFile(config.file, "utf8")).includes('"lost"'));
  await file.close();
  const lines = await linesOf(config.file);
  const lost = lines.find((line) => line.lost !== undefined);
  const kept = lines.filter((line) => line.lost === undefined);
  t.equal(kept.length + lost.lost, total);
  t.same(
    kept.map(({ n }) => n),
    upTo(kept.length),
  );
});

t.test("a file that cannot be written stops the start, with what to do", async (t) => {
  const config = settings({ file: join(folder, "none/such.log") });
  await t.rejects(openLogFile({ settings: config, clock: createTestClock() }), { code: "LOG_FILE_UNUSABLE" });
});
