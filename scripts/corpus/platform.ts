import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPlatform } from "../../src/cli/start-platform.ts";
import { loadConfig } from "../../src/kernel/index.ts";
import type { ApiClient } from "../demo/api-client.ts";
import { type People, signUp } from "../demo/people-of-the-story.ts";
import { noLimits } from "../no-limits.ts";

/** A platform of its own with everybody signed in, and a folder that goes when it closes. */
export interface ScratchPlatform {
  readonly people: People;
  /** Another analyst of the same operator. */
  readonly secondAnalyst: ApiClient;
  readonly isolation: string;
  close(): Promise<void>;
}

const hour = 3_600_000;

/** Boots the platform as `npm start` does, on a free port and an empty data folder. */
export async function bootScratchPlatform(settings: object = {}): Promise<ScratchPlatform> {
  const folder = await mkdtemp(join(tmpdir(), "hg-corpus-"));
  // The embedded database runs under an account of its own where this process is root.
  await chmod(folder, 0o755);
  const removeFolder = () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    const shipped = JSON.parse(await readFile(join(import.meta.dirname, "../../config/default.json"), "utf8"));
    const quiet = {
      server: { port: 0 },
      log: { level: "silent" },
      limits: noLimits,
      identity: { accessTokenTtlMs: hour },
      enclave: { allowWeakIsolation: true, workers: 3 },
      ingest: { maxReadings: 4, maxReadingsPerUnit: 4 },
    };
    const config = loadConfig([shipped, quiet, settings], {});
    const platform = await startPlatform({ dataDir: join(folder, "data"), keyFile: join(folder, "root.key"), config });
    const close = async (): Promise<void> => {
      await platform.close();
      await removeFolder();
    };
    try {
      const people = await signUp(platform);
      const secondAnalyst = await people.employ(people.operator, "analyst-2", ["analyst"]);
      return { people, secondAnalyst, isolation: platform.engine.isolation.level, close };
    } catch (error) {
      await close();
      throw error;
    }
  } catch (error) {
    await removeFolder();
    throw error;
  }
}
