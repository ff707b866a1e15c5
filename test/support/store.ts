import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Test } from "tap";
import { createUnitOfWork, type UnitOfWork } from "../../src/audit/index.ts";
import { type Clock, createIds, type Ids, type Random, systemRandom } from "../../src/kernel/index.ts";
import { type Keystore, openKeystore } from "../../src/keys/index.ts";
import { openStore, type Store } from "../../src/store/index.ts";
import { copyCluster } from "./cluster.ts";

/** A clock the test moves by hand. */
export interface TestClock extends Clock {
  set(instant: string | Date): void;
  advance(milliseconds: number): void;
}

export function createTestClock(start = "2026-03-02T08:00:00.000Z"): TestClock {
  let now = new Date(start);
  return {
    now: () => new Date(now),
    set: (instant) => {
      now = new Date(instant);
    },
    advance: (milliseconds) => {
      now = new Date(now.getTime() + milliseconds);
    },
  };
}

export interface TestStore {
  readonly dataDir: string;
  readonly store: Store;
  readonly work: UnitOfWork;
  readonly ids: Ids;
  readonly clock: TestClock;
  readonly random: Random;
  readonly keys: Keystore;
}

/** A real embedded PostgreSQL in a folder of its own, stopped and removed when the test ends. */
export async function openTestStore(t: Test): Promise<TestStore> {
  const folder = await mkdtemp(join(tmpdir(), "hg-test-"));
  // The server's own account must be able to enter.
  const { chmod, mkdir } = await import("node:fs/promises");
  await chmod(folder, 0o755);
  const dataDir = join(folder, "data");
  await mkdir(dataDir);
  await copyCluster(dataDir);
  const clock = createTestClock();
  const random = systemRandom;
  const store = await openStore({ dataDir, random, log: () => undefined });
  t.teardown(async () => {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });
  const ids = createIds({ clock, random });
  const work = createUnitOfWork({ store, ids, clock, random, onRecorded: () => undefined });
  const keys = await openKeystore({
    path: join(dataDir, "keystore"),
    rootKeyPath: join(folder, "root.key"),
    dataDir,
    random,
  });
  return { dataDir, store, work, ids, clock, random, keys };
}
