import { readFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { copyCluster } from "../support/cluster.ts";
import { startGatewayProcess } from "../support/gateway-process.ts";
import { runHowTo } from "../support/how-to.ts";
import { makeTestFolder } from "../support/platform.ts";

t.test("the how-to, run as written, reads a gateway's metrics, its log and its limits", async (t) => {
  const folder = await makeTestFolder(t);
  const data = join(folder, "data");
  await copyCluster(data);
  const log = join(folder, "gateway.log");
  const gateway = await startGatewayProcess(t, {
    folder,
    env: {
      HANGUANG_ENCLAVE_ALLOW_WEAK_ISOLATION: "true",
      HANGUANG_ENCLAVE_WORKERS: "1",
      HANGUANG_ENCLAVE_COMPILERS: "1",
      HANGUANG_LOG_LEVEL: "info",
      HANGUANG_LOG_FILE: log,
    },
  });
  const made = await runHowTo(t, "watch-a-gateway.md", { base: gateway.url, data, log });
  t.match(await readFile(join(made, "metrics.txt"), "utf8"), /^# TYPE hanguang_jobs gauge$/m);
  const line = JSON.parse(await readFile(join(made, "line.json"), "utf8"));
  t.match(line, { method: "GET", route: "/v1/me", status: 401, actor: "anonymous", address: "127.0.0.1", msg: "request" });
  t.match(await readFile(join(made, "headers.txt"), "utf8"), /ratelimit-policy: "probe";q=\d+;w=60/i);
});
