import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import t from "tap";
import { blocksOf } from "../support/how-to-page.ts";
import { makeTestFolder } from "../support/platform.ts";
import { startBarePlatform } from "../support/tls-platform.ts";

const run = promisify(execFile);
const page = "deploy-behind-tls.md";

t.test("the how-to's certificate, settings and look, as written, give a platform over TLS", async (t) => {
  const cwd = await makeTestFolder(t);
  const blocks = await blocksOf(page);
  const [make = "", look = ""] = blocks.filter(({ language }) => language === "sh").map(({ text }) => text);
  const written = blocks.find(({ language }) => language === "json")?.text ?? "";
  const shell = (script: string, url = "") =>
    run("bash", ["-euo", "pipefail", "-c", script], { cwd, env: { PATH: process.env["PATH"], url } });
  await shell(make);
  const { server, identity } = JSON.parse(written) as {
    readonly server: { readonly tlsCertFile: string; readonly tlsKeyFile: string };
    readonly identity: object;
  };
  const [tlsCertFile, tlsKeyFile] = [join(cwd, server.tlsCertFile), join(cwd, server.tlsKeyFile)];
  const platform = await startBarePlatform(t, { server: { ...server, port: 0, tlsCertFile, tlsKeyFile }, identity });
  await shell(look, `https://127.0.0.1:${new URL(platform.url).port}`);
  t.equal(await readFile(join(cwd, "livez.json"), "utf8"), '{"live":true}');
  t.match(await readFile(join(cwd, "hsts.txt"), "utf8"), /max-age=\d+/);
});
