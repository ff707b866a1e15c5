import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import t, { type Test } from "tap";
import { pidsOf, runHowTo } from "../support/how-to.ts";
import { clientSecret, redirectUri, startIssuer } from "../support/issuer.ts";
import { makeTestFolder } from "../support/platform.ts";
import { startSharedServer } from "../support/server.ts";

/** A port that is free now. */
async function freePort(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return String(port);
}

/** A browser that is asked over HTTP: signs in at the address `url` names and answers with the one it was sent back to. */
async function startBrowser(t: Test, browse: (address: string) => Promise<string>): Promise<string> {
  const server = createHttpServer(async (request, response) => {
    response.end(await browse(new URL(request.url ?? "", "http://browser").searchParams.get("url") ?? ""));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const shipped = "http://127.0.0.1:7310";
const port = await freePort();
const base = `http://127.0.0.1:${port}`;
const settings = {
  HANGUANG_SERVER_PORT: port,
  HANGUANG_LOG_LEVEL: "error",
  HANGUANG_ENCLAVE_ALLOW_WEAK_ISOLATION: "true",
  HANGUANG_ENCLAVE_WORKERS: "1",
  HANGUANG_ENCLAVE_COMPILERS: "1",
};

t.test("a platform is started, backed up, restored, and its log verified", async (t) => {
  const first = await runHowTo(t, "first-start.md", settings, { examples: { [shipped]: base } });
  const tokenOf = async (login: string) => JSON.parse(await readFile(join(first, `session-${login}.json`), "utf8")).accessToken;
  const folder = await makeTestFolder(t);
  const tokens = { SECURITY_ADMIN: await tokenOf("sam"), AUDIT_ADMIN: await tokenOf("ada") };
  const folders = {
    "/srv/hanguang-new": join(folder, "new"),
    "/srv/hanguang": join(first, "data"),
    "/etc/hanguang/root.key": join(first, "data.key"),
  };
  const pidOf = async (started: string) => String((await pidsOf(started))[0]);

  const issuer = await startIssuer(t, { confidential: true });
  issuer.people.set("alice", { name: "alice", groups: ["hanguang-analysts"] });
  const browser = await startBrowser(t, (address) => issuer.browse(address, "alice"));
  const connected = await runHowTo(
    t,
    "connect-an-issuer.md",
    {
      ...settings,
      browser,
      token: tokens.AUDIT_ADMIN,
      pid: await pidOf(first),
      secret: clientSecret,
      issuer_token: await issuer.accessToken("alice"),
    },
    {
      examples: {
        [shipped]: base,
        "/srv/hanguang": folders["/srv/hanguang"],
        "/etc/hanguang/root.key": folders["/etc/hanguang/root.key"],
        "/etc/hanguang/": `${folder}/`,
        "https://sso.hebei.example": issuer.url,
        "https://hanguang.example/signed-in": redirectUri,
      },
    },
  );

  const elsewhere = { "/backup/": `${folder}/backup-of-`, "/elsewhere/": `${folder}/elsewhere-` };
  const backedUp = { ...settings, ...tokens, pid: await pidOf(connected) };
  const examples = { [shipped]: base, ...folders, ...elsewhere };
  const restored = await runHowTo(t, "backup-and-restore.md", backedUp, { examples });

  const [log_key = ""] = (await (await fetch(`${base}/log/key`)).text()).split("\n");
  const running = { base, token: tokens.AUDIT_ADMIN, log_key, pid: await pidOf(restored), data: join(folder, "new") };
  await runHowTo(t, "verify-the-log.md", running);
});

t.test("a gateway serves a database that was prepared and migrated", async (t) => {
  const server = await startSharedServer(t);
  const folder = await makeTestFolder(t);
  const examples = {
    [shipped]: base,
    "postgresql://hanguang_schema:…@db.example/hanguang?sslmode=verify-full": server.urls.owner,
    "postgresql://gateway:…@db.example/hanguang?sslmode=verify-full": server.urls.service,
    "/shared/hanguang": join(folder, "data"),
  };
  await runHowTo(t, "several-gateways.md", settings, { examples });
});
