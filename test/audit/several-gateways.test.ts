import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { createAuditLog } from "../../src/audit/index.ts";
import { leafHash, MerkleFrontier, parseVerifierKey, verifyCheckpoint } from "../../src/kernel/index.ts";
import { openTestStore } from "../support/store.ts";

const { store, work, keys, ids, clock, dataDir } = await openTestStore(t);
const origin = "hanguang.test/log";
const checkpointPath = join(dataDir, "checkpoint");
/** Each keeps its own memory of the tree and of what was last published, as gateways do. */
const open = () =>
  createAuditLog({ store, work, keys, ids, clock, origin, checkpointPath, intervalMs: 20, log: () => undefined });
const logs = await Promise.all([open(), open(), open()]);
t.teardown(() => Promise.all(logs.map((log) => log.close())));
const verifiers = [parseVerifierKey((await logs[0]?.verifierKey()) ?? "")];

const sizeOf = (note: string): bigint => {
  const checkpoint = verifyCheckpoint(note, origin, verifiers);
  if (checkpoint.kind !== "checkpoint") throw new Error(checkpoint.code);
  return checkpoint.size;
};

t.test(
  "three gateways at once sequence one dense log, sign one tree, and never take the published checkpoint back",
  async (t) => {
    const notes: string[] = [];
    let published = 0n;
    const done = new AbortController();
    const watcher = (async () => {
      while (!done.signal.aborted) {
        const size = sizeOf(await readFile(checkpointPath, "utf8"));
        if (size < published) t.fail(`the file went from ${published} back to ${size}`);
        published = size;
      }
    })();
    await Promise.all(
      logs.flatMap((log, gateway) =>
        [0, 1].map(async (writer) => {
          for (let at = 0; at < 25; at++) {
            const object = `g${gateway}-${writer}-${at}`;
            const id = await work.record({ type: "a.b", actor: { kind: "system", component: "test" }, object, outcome: "done" });
            if (at % 5 === 0) notes.push(await log.checkpoint());
            if (at % 9 === 0) t.ok((await log.inclusion(id)).proof.includes(origin));
          }
        }),
      ),
    );
    done.abort();
    await watcher;
    await logs[0]?.flush();
    const rows = await store.db
      .selectFrom("audit_leaf")
      .innerJoin("audit_event", "audit_event.id", "audit_leaf.event_id")
      .select(["leaf_index", "leaf"])
      .orderBy("leaf_index")
      .execute();
    await logs[0]?.flush();
    const roots = new Map<string, Uint8Array>();
    let frontier = MerkleFrontier.empty;
    for (const [at, { leaf, leaf_index }] of rows.entries()) {
      if (leaf_index !== String(at)) t.fail(`leaf ${leaf_index} at place ${at}`);
      frontier = frontier.append(leafHash(leaf));
      roots.set(frontier.size.toString(), frontier.root);
    }
    t.equal(rows.length, 150);
    for (const note of notes) {
      const checkpoint = verifyCheckpoint(note, origin, verifiers);
      if (checkpoint.kind !== "checkpoint") throw new Error(checkpoint.code);
      if (checkpoint.size > 0n && !Buffer.from(checkpoint.root).equals(roots.get(checkpoint.size.toString()) ?? new Uint8Array()))
        t.fail(`the checkpoint of size ${checkpoint.size} is of another tree`);
    }
    t.equal(notes.length, 30);
  },
);

t.test("a checkpoint file that is removed or replaced under running gateways stops their signing", async (t) => {
  const good = await readFile(checkpointPath, "utf8");
  const add = () => work.record({ type: "a.b", actor: { kind: "system", component: "test" }, object: "more", outcome: "done" });
  await add();
  await rm(checkpointPath);
  for (const log of logs) await t.rejects(log.checkpoint(), { code: "AUDIT_CHECKPOINT_MISSING", message: /Put the file back/ });
  await writeFile(checkpointPath, good.replace(/\n\d+\n/, "\n7\n"));
  for (const log of logs) await t.rejects(log.checkpoint(), { code: "AUDIT_LOG_BROKEN" });
  await writeFile(checkpointPath, good);
  for (const log of logs) t.ok(await log.checkpoint());
});
