// What code would try that has taken over an enclave worker. Runs inside the worker's sandbox in
// place of its role; tells on standard output what succeeded.
import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { linkSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";

const [port, hostPid, ...hostPaths] = (process.argv[2] ?? "").split(",");

async function attempt(name: string, action: () => unknown): Promise<[string, boolean]> {
  try {
    return [name, (await action()) !== false];
  } catch {
    return [name, false];
  }
}

function reach(host: string, to: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: to, timeout: 1500 });
    const end = (reached: boolean) => (): void => {
      socket.destroy();
      resolve(reached);
    };
    socket.on("connect", end(true)).on("error", end(false)).on("timeout", end(false));
  });
}

function datagram(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    socket.on("error", () => resolve(false));
    socket.send("x", 53, host, (error) => {
      socket.close();
      resolve(error === null);
    });
  });
}

const tried = await Promise.all([
  ...[
    "/etc/passwd",
    "/etc/shadow",
    "/etc/resolv.conf",
    "/proc/self/environ",
    "/proc/1/environ",
    `/proc/${hostPid}/environ`,
    "/sys/class/net",
    "/dev/sda",
    "/root",
    ...hostPaths,
  ].map((path) =>
    attempt(`read ${path}`, () => {
      try {
        return readFileSync(path);
      } catch {
        return readdirSync(path);
      }
    }),
  ),
  ...["/slot/x", "/app/x", "/app/src/engine/roles/duckdb-run.ts", "/app/node", "/x", "/lib/x", "/usr/x"].map((path) =>
    attempt(`write ${path}`, () => writeFileSync(path, "x")),
  ),
  attempt("make a folder in the slot", () => mkdirSync("/slot/d")),
  attempt("link into the slot", () => linkSync("/app/package.json", "/slot/l")),
  attempt("point the slot elsewhere", () => symlinkSync("/etc", "/slot/s")),
  attempt("unlink in the slot", () => unlinkSync("/slot/agreement.duckdb")),
  attempt("connect to the host's loopback", () => reach("127.0.0.1", Number(port))),
  attempt("connect to the host's loopback over IPv6", () => reach("::1", Number(port))),
  attempt("connect outside", () => reach("1.1.1.1", 443)),
  attempt("send a datagram outside", () => datagram("1.1.1.1")),
  attempt("start a shell", () => execFileSync("/bin/sh", ["-c", "true"])),
  attempt("signal the gateway", () => process.kill(Number(hostPid), 0)),
  attempt("see the gateway's working folder", () => readlinkSync(`/proc/${hostPid}/cwd`)),
  attempt("become another user", () => process.setuid?.(1)),
  attempt("read the environment", () => Object.keys(process.env).some((name) => name !== "PWD")),
]);
// What a worker needs: its private folder, and its own slot, readable.
const needed = await Promise.all([
  attempt("write /tmp", () => writeFileSync("/tmp/x", "x")),
  attempt("list the slot", () => readdirSync("/slot")),
  attempt("see the linked database", () => readFileSync("/slot/agreement.duckdb")),
]);
process.stdout.write(
  JSON.stringify({
    succeeded: tried.filter(([, done]) => done).map(([name]) => name),
    missing: needed.filter(([, done]) => !done).map(([name]) => name),
    tried: tried.length,
  }),
);
