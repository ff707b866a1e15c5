import { spawn } from "node:child_process";
import { once } from "node:events";
import { link, mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import t from "tap";
import { bwrapLaunchpad, findBwrap } from "../../../src/engine/bwrap-command.ts";
import { childrenOf } from "../../../src/engine/process-worker.ts";
import { dataFolder, noBwrap } from "../../engine/engine-fixture.ts";

interface Attempts {
  readonly succeeded: readonly string[];
  readonly missing: readonly string[];
  readonly tried: number;
}

t.test("a captured enclave worker reaches nothing but its private folder and its one database", { skip: noBwrap }, async (t) => {
  const dataDir = await dataFolder(t);
  await writeFile(join(dataDir, "other-agreement.duckdb"), "secret");
  const database = join(dataDir, "agreement.duckdb");
  await writeFile(database, "the one");
  const slot = { host: join(dataDir, "slot"), inside: "/slot", writable: false };
  await mkdir(slot.host);

  const server = createServer((socket) => socket.end()).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;

  const attack = { host: import.meta.dirname, inside: "/attack", writable: false };
  const { command, arguments: args } = bwrapLaunchpad(findBwrap() ?? "").command("probe", [slot, attack], {
    tmpBytes: 1_048_576,
    heapMiB: 64,
  });
  const captured = [
    ...args.slice(0, -1),
    "/attack/captured-worker.ts",
    [port, process.pid, dataDir, database, process.cwd(), homedir(), slot.host].join(","),
  ];
  // As the engine does: the database appears in the slot after the worker was started.
  const child = spawn(command, captured, {
    env: { SECRET: "in the gateway's environment" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  await link(database, join(slot.host, "agreement.duckdb"));
  const attempts: Attempts = JSON.parse(await text(child.stdout));
  t.same(attempts.succeeded, []);
  t.same(attempts.missing, []);
  t.ok(attempts.tried > 30);
});

t.test("its private folder is small, and a worker dies with its gateway", { skip: noBwrap }, async (t) => {
  const { command, arguments: args } = bwrapLaunchpad(findBwrap() ?? "").command("probe", [], { tmpBytes: 65_536, heapMiB: 64 });
  const fill = [
    ...args.slice(0, -1),
    "-e",
    "try { require('fs').writeFileSync('/tmp/x', Buffer.alloc(1e6)); console.log('filled') } catch (e) { console.log(e.code) }",
  ];
  const child = spawn(command, fill, { env: {}, stdio: ["ignore", "pipe", "inherit"] });
  t.equal((await text(child.stdout)).trim(), "ENOSPC");

  // A gateway stand-in that starts a worker and is killed.
  const gateway = spawn(
    process.execPath,
    [
      "-e",
      `require("child_process").spawn(${JSON.stringify(command)}, ${JSON.stringify([...args.slice(0, -1), "-e", "console.log('up'); setInterval(() => {}, 1e6)"])}, { stdio: ["ignore", 1, 2] })`,
    ],
    {
      env: {},
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const [first]: unknown[] = await once(gateway.stdout, "data");
  t.match(String(first), /up/);
  t.ok(childrenOf(gateway.pid ?? 0).length >= 2, "bubblewrap and what it runs");
  gateway.kill("SIGKILL");
  // The pipe closes once nobody holds it any more: the worker inside did.
  await once(gateway.stdout, "close");
  t.pass("the worker is gone");
});
