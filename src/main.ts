import { readDatabaseUrls } from "./cli/database-urls.ts";
import { explainFailure } from "./cli/explain-failure.ts";
import { readConfig } from "./cli/file-config.ts";
import { parseCommand } from "./cli/options.ts";
import { startPlatform } from "./cli/start-platform.ts";

const usage = `Usage: npm start -- [--data-dir DIR] [--key-file FILE] [--config FILE]

  --data-dir DIR    where everything is stored (default ./data)
  --key-file FILE   the root key, outside the data folder (default DIR.key); made at first start
  --config FILE     settings over config/default.json; docs/reference/config.md lists them

Environment: DATABASE_URL names a PostgreSQL server that several gateways share, DATABASE_OWNER_URL its owner
(docs/how-to/several-gateways.md). Without them the embedded server runs in the data folder.
`;

// From the first moment on: whoever ends a gateway that starts must not leave its database running alone.
let early: string | undefined;
let stop = (signal: string): void => {
  if (early !== undefined) process.exit(1);
  early = signal;
  console.log(`${signal}: stopping as soon as it is up; once more to end now`);
};
process.on("SIGTERM", () => stop("SIGTERM"));
process.on("SIGINT", () => stop("SIGINT"));

try {
  const { common } = parseCommand(process.argv.slice(2));
  const config = await readConfig(common.configFile, process.env);
  const server = readDatabaseUrls(process.env);
  const platform = await startPlatform({ dataDir: common.dataDir, keyFile: common.keyFile, config, server });
  console.log(`Hanguang 含光 listens on ${platform.url}`);
  console.log(`Isolation of the enclave: ${platform.engine.isolation.level}`);
  if (platform.setupCodePath !== undefined)
    console.log(`First start: the one-time code for POST /v1/setup is in ${platform.setupCodePath} (docs/how-to/first-start.md)`);
  let stopping = false;
  stop = (signal) => {
    if (stopping) {
      console.log(`${signal}: ending now`);
      platform.hasten();
      return;
    }
    stopping = true;
    console.log(`${signal}: finishing what runs; once more to end now`);
    platform.drain().then(
      () => process.exit(0),
      (error: unknown) => {
        process.exit(explainFailure(error, usage));
      },
    );
  };
  void platform.lost.then((error) => {
    // Nothing it holds counts any more, so there is nothing to finish; whoever watches it starts it anew.
    process.exit(explainFailure(error, usage));
  });
  // Without files of its own SIGHUP stays what it is: the end of a process whose terminal went.
  const files = [platform.reopenLog, platform.gateway.lookAtCertificate].filter((look) => look !== undefined);
  if (files.length > 0) process.on("SIGHUP", () => void files.map((look) => look()));
  if (early !== undefined) stop(early);
} catch (error) {
  process.exitCode = explainFailure(error, usage);
}
