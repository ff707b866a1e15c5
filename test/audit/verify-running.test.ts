import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { startTestPlatform } from "../support/platform.ts";

const { url, dataDir, signIn } = await startTestPlatform(t);
const keys = (await (await fetch(new URL("/log/key", url))).text()).split("\n");
const [logKey = "", packageKey = ""] = keys;
const tokens = new Map<string, string>();
const tokenOf = async (login: string): Promise<string> => {
  const token = tokens.get(login) ?? (await signIn(login)).token;
  tokens.set(login, token);
  return token;
};
const verify = (args: readonly string[], token?: string) =>
  new Promise<{ readonly code: number; readonly out: string; readonly err: string }>((resolve) => {
    const script = join(import.meta.dirname, "../../src/cli/verify.ts");
    const env = {
      PATH: process.env["PATH"],
      HANGUANG_LOG_KEY: logKey,
      ...(token === undefined ? {} : { HANGUANG_TOKEN: token }),
    };
    const child = execFile(process.execPath, [script, ...args], { env }, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });

t.test("a running platform's log is verified by whoever may read the audit, and by nobody else", async (t) => {
  const saved = join(dataDir, "../kept");
  const held = await verify(["log", "--url", url, "--json", "--save", saved], await tokenOf("audit-admin"));
  t.match(held, { code: 0, out: /"ok":true/ });
  t.ok(Number(JSON.parse(held.out).size) > 10);
  const files = ["--leaves", join(saved, "leaves.ndjson"), "--checkpoint", join(saved, "checkpoint")];
  t.match(await verify(["log", ...files]), { code: 0, out: /holds/ });
  t.match(await verify(["log", "--url", url], await tokenOf("analyst")), { code: 2, err: /may read the audit.*HANGUANG_TOKEN/s });
  t.match(await verify(["log", "--url", url]), { code: 2, err: /HANGUANG_TOKEN/ });
  t.match(await verify(["log", "--url", url, "--log-key", packageKey], await tokenOf("audit-admin")), {
    code: 1,
    out: /does NOT hold/,
  });
});

t.test("what is no package does not hold, and each thing that was looked at is told", async (t) => {
  const file = join(dataDir, "../no-package.zip");
  await writeFile(file, "PK nothing");
  const answer = await verify(["package", file, "--package-key", packageKey, "--json"]);
  t.equal(answer.code, 1);
  const { ok, findings } = JSON.parse(answer.out);
  t.equal(ok, false);
  t.ok(findings.length > 3 && findings.every((finding: { readonly ok: boolean }) => !finding.ok));
});
