import { systemRandom } from "../../src/kernel/index.ts";
import { openStore } from "../../src/store/index.ts";

/** A process that opens the store of a folder, says so, and stays until it is killed. */
const store = await openStore({ dataDir: process.argv[2] ?? "", random: systemRandom, log: () => undefined });
process.stdout.write(`${store.serverPid()}\n`);
setInterval(() => undefined, 60_000);
