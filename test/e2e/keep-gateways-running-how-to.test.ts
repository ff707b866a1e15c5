import { once } from "node:events";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { signUp } from "../../scripts/demo/people-of-the-story.ts";
import { startPlatform } from "../../src/cli/start-platform.ts";
import { copyCluster } from "../support/cluster.ts";
import { startGatewayProcess } from "../support/gateway-process.ts";
import { runHowTo } from "../support/how-to.ts";
import { passwordLog2Cost } from "../support/identity.ts";
import { makeTestFolder, testConfig } from "../support/platform.ts";

t.test("the how-to, run as written, turns a running gateway's log over, and stops it in order", async (t) => {
  const folder = await makeTestFolder(t);
  const dataDir = join(folder, "data");
  await copyCluster(dataDir);
  const here = await startPlatform({ dataDir, keyFile: join(folder, "root.key"), config: await testConfig(), passwordLog2Cost });
  const { auditor } = await signUp(here);
  await here.close();
  const log = join(folder, "gateway.log");
  const gateway = await startGatewayProcess(t, {
    folder,
    env: {
      HANGUANG_ENCLAVE_ALLOW_WEAK_ISOLATION: "true",
      HANGUANG_ENCLAVE_WORKERS: "1",
      HANGUANG_ENCLAVE_COMPILERS: "1",
      HANGUANG_LOG_LEVEL: "debug",
      HANGUANG_LOG_FILE: log,
      HANGUANG_SERVER_DRAIN_NOTICE_MS: "2000",
    },
  });
  const exited = once(gateway.process, "exit");
  const variables = { base: gateway.url, pid: String(gateway.process.pid), log, token: auditor.token };
  const made = await runHowTo(t, "keep-gateways-running.md", variables);
  t.same(await exited, [0, null]);
  const json = async (name: string) => JSON.parse(await readFile(join(made, name), "utf8"));
  t.match(await json("ready.json"), { ready: true, failing: [], disk: /ok|low/, clock: { agrees: true } });
  t.match(await json("impaired.json"), { items: [] });
  t.match(await json("recovered.json"), { items: [] });
  t.match(await json("drained.json"), { ready: false, failing: ["draining"] });
  for (const file of [log, `${log}.old`]) t.equal((await stat(file)).mode & 0o777, 0o600, file);
  t.match(await readFile(`${log}.old`, "utf8"), /"component":"postgres".*ready to accept connections/);
  t.match(await readFile(log, "utf8"), /"component":"postgres".*shut/, "and to its last word");
});
