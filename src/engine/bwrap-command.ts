import { existsSync, readlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";

export interface Mount {
  readonly host: string;
  readonly inside: string;
  readonly writable: boolean;
}

/** Where a role runs: the command, and how it sees what it was given. */
export interface Launchpad {
  command(role: string, mounts: readonly Mount[], options: LaunchOptions): Launch;
  /** The path under which the role finds a mount. */
  pathOf(mount: Mount): string;
}

export interface LaunchOptions {
  /** Size of the role's private tmpfs. */
  readonly tmpBytes: number;
  /** Largest JavaScript heap, MiB. */
  readonly heapMiB: number;
  /** Most private memory it may write to; what asks for more is told that there is none. Unbounded where absent. */
  readonly dataBytes?: number | undefined;
}

interface Launch {
  readonly command: string;
  readonly arguments: readonly string[];
}

/** Stacks of the usual size: they are reserved whole, and a bound on memory that may be written counts them. */
const stackKiB = 8192;

/** A bound that holds at the moment of the allocation, where looking on from outside comes too late. */
function bounded(launch: Launch, { dataBytes }: LaunchOptions): Launch {
  if (dataBytes === undefined) return launch;
  const script = `ulimit -s ${stackKiB}; ulimit -d ${Math.floor(dataBytes / 1024)}; exec "$@"`;
  return { command: "/bin/sh", arguments: ["-c", script, "sh", launch.command, ...launch.arguments] };
}

const engineDir = import.meta.dirname;
const packageFile = resolve(engineDir, "../../package.json");

function nodeFlags(options: LaunchOptions): string[] {
  return [
    `--max-old-space-size=${options.heapMiB}`,
    "--disable-warning=ExperimentalWarning",
    "--disallow-code-generation-from-strings",
  ];
}

function roleFile(role: string): string {
  return `engine/roles/${role}.ts`;
}

/** Runs roles as plain processes: only the engine's own settings hold them. */
export function plainLaunchpad(): Launchpad {
  return {
    command: (role, _mounts, options) =>
      bounded({ command: process.execPath, arguments: [...nodeFlags(options), join(engineDir, "..", roleFile(role))] }, options),
    pathOf: (mount) => mount.host,
  };
}

/** Host folders of the packages a role may load; the rest of node_modules stays outside. */
function packageMounts(): Mount[] {
  const require = createRequire(packageFile);
  const duckdb = dirname(dirname(require.resolve("@duckdb/node-api/package.json")));
  const parser = dirname(require.resolve("node-sql-parser/package.json"));
  const bigInteger = dirname(createRequire(join(parser, "package.json")).resolve("big-integer/package.json"));
  return [
    { host: duckdb, inside: "/app/node_modules/@duckdb", writable: false },
    { host: parser, inside: "/app/node_modules/node-sql-parser", writable: false },
    { host: bigInteger, inside: "/app/node_modules/big-integer", writable: false },
  ];
}

/** The C library and its kin, as this very process has loaded them; DuckDB needs no others. */
function libraryMounts(): Mount[] {
  const report: unknown = process.report.getReport();
  if (typeof report !== "object" || report === null || !("sharedObjects" in report) || !Array.isArray(report.sharedObjects))
    return [];
  return report.sharedObjects
    .filter(
      (path): path is string => typeof path === "string" && path.startsWith("/") && path !== process.execPath && existsSync(path),
    )
    .map((path) => ({ host: path, inside: path, writable: false }));
}

/**
 * Runs roles under bubblewrap: own user, network, pid, mount, ipc, uts and cgroup namespaces, no
 * capabilities, no environment, a private tmpfs, and nothing of the host's files but the Node
 * binary, its libraries, the engine's own sources and packages, and the mounts given.
 */
export function bwrapLaunchpad(bwrap: string): Launchpad {
  // Listing sockets would resolve names over the network; @types/node does not know the switch yet.
  Reflect.set(process.report, "excludeNetwork", true);
  const fixed: Mount[] = [
    ...libraryMounts(),
    { host: process.execPath, inside: "/app/node", writable: false },
    { host: packageFile, inside: "/app/package.json", writable: false },
    { host: engineDir, inside: "/app/src/engine", writable: false },
    ...packageMounts(),
  ];
  return {
    command: (role, mounts, options) =>
      bounded(
        {
          command: bwrap,
          arguments: [
            ...["--unshare-all", "--unshare-user", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"],
            ...["--hostname", "enclave", "--size", String(options.tmpBytes), "--perms", "0700", "--tmpfs", "/tmp"],
            ...[...fixed, ...mounts].flatMap((mount) => [mount.writable ? "--bind" : "--ro-bind", mount.host, mount.inside]),
            // The root of the new mount namespace itself: nothing may be made beside the mounts.
            ...["--remount-ro", "/", "--chdir", "/tmp", "--"],
            ...["/app/node", ...nodeFlags(options), `/app/src/${roleFile(role)}`],
          ],
        },
        options,
      ),
    pathOf: (mount) => mount.inside,
  };
}

const searchPath = ["/usr/bin/bwrap", "/bin/bwrap", "/usr/local/bin/bwrap"];

/** The bubblewrap binary from fixed system places: PATH belongs to whoever started us. */
export function findBwrap(): string | undefined {
  return searchPath.find((path) => existsSync(path));
}

/** Namespace identities of a process, e.g. { net: "net:[4026531840]" }; missing ones are left out. */
export function namespacesOf(pid: number | "self"): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const kind of ["user", "net", "pid", "mnt", "ipc", "uts"]) {
    try {
      found[kind] = readlinkSync(`/proc/${pid}/ns/${kind}`);
    } catch {
      // Not told: the reader counts it as not separate.
    }
  }
  return found;
}
