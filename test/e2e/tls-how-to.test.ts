import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import t from "tap";
import { shellOf } from "../support/how-to.ts";
import { makeTestFolder } from "../support/platform.ts";
import { startBarePlatform } from "../support/tls-platform.ts";

const run = promisify(execFile);
const page = "deploy-behind-tls.md";

t.test("the how-to's certificate, settings and look, as written, give a platform over TLS", async (t) => {
  const cwd = await makeTestFolder(t);
  const [make = "", look = ""] = await shellOf(page);
  const shell = (script: string, url = "") =>
    run("bash", ["-euo", "pipefail", "-c", script], { cwd, env: { PATH: process.env["PATH"], url } });
  await shell(make);
  const text = await readFile(join(import.meta.dirname, "../../docs/how-to", page), "utf8");
  const written = /```json\n([\s\S]*?)```/.exec(text)?.[1] ?? "";
  const { server, identity } = JSON.parse(written) as {
    readonly server: Readonly<Record<string, string>>;
    readonly identity: object;
  };
  const [tlsCertFile, tlsKeyFile] = [join(cwd, server["tlsCertFile"] ?? ""), join(cwd, server["tlsKeyFile"] ?? "")];
  const platform = await startBarePlatform(t, { server: { ...server, port: 0, tlsCertFile, tlsKeyFile }, identity });
  await shell(look, `https://127.0.0.1:${new URL(platform.url).port}`);
  t.equal(await readFile(join(cwd, "livez.json"), "utf8"), '{"live":true}');
  t.match(await readFile(join(cwd, "hsts.txt"), "utf8"), /max-age=\d+/);
});
