import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import t, { type Test } from "tap";
import { makeTestFolder } from "../support/platform.ts";

const root = join(import.meta.dirname, "../..");

async function run(
  t: Test,
  args: readonly string[],
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { PATH: process.env["PATH"] },
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.teardown(() => child.kill("SIGKILL"));
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk.toString();
  });
  const [code] = (await once(child, "close")) as [number];
  return { code, out, err };
}

t.test("the demo goes from files to a released, verified export, and its last line says so", async (t) => {
  const folder = await makeTestFolder(t);
  const size = ["--people", "20000", "--visits", "60000", "--enterprises", "4000"];
  const demo = await run(t, ["scripts/demo/run.ts", "--once", "--json", "--data-dir", join(folder, "demo"), ...size]);
  const last = demo.out.trim().split("\n").at(-1) ?? "";
  t.match(
    JSON.parse(last),
    {
      ok: true,
      rawExport: "blocked",
      aggregateExport: "released",
      auditVerified: true,
      isolation: /^(namespaces|engine-settings-only)$/,
    },
    demo.err,
  );
  t.equal(demo.code, 0);

  const keys = /--package-key (\S+) --log-key (\S+)/.exec(demo.err);
  const [, packageKey = "", logKey = ""] = keys ?? [];
  const file = (await readdir(join(folder, "demo.files"))).find((name) => name.endsWith(".zip")) ?? "";
  const path = join(folder, "demo.files", file);
  t.match(await run(t, ["src/cli/verify.ts", "package", path, "--package-key", packageKey, "--log-key", logKey]), { code: 0 });
  t.match(
    await run(t, ["src/cli/verify.ts", "package", path, "--package-key", logKey, "--log-key", packageKey]),
    { code: 1 },
    "with the wrong keys it does not hold",
  );
  t.match(
    await run(t, ["src/cli/verify.ts", "log", "--data-dir", join(folder, "demo"), "--key-file", join(folder, "demo.key")]),
    { code: 0 },
  );
});

t.test("the demo never removes a folder that is not a demo's", async (t) => {
  const folder = await makeTestFolder(t);
  t.match(await run(t, ["scripts/demo/run.ts", "--once", "--data-dir", folder]), { code: 1, err: /is no demo's/ });
});
