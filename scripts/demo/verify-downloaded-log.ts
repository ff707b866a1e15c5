import { leafHash, MerkleFrontier, parseVerifierKey, verifyCheckpoint } from "../../src/kernel/index.ts";
import type { ApiClient } from "./api-client.ts";

/** Fetches all leaves, recomputes the tree and holds it against a checkpoint signed by the log's key. */
export async function verifyDownloadedLog(
  auditor: ApiClient,
  logKey: string,
): Promise<{ readonly ok: boolean; readonly size: string }> {
  const key = parseVerifierKey(logKey);
  const note = await (await fetch(new URL("/log/checkpoint", auditor.base))).text();
  const checkpoint = verifyCheckpoint(note, key.name, [key]);
  if (checkpoint.kind !== "checkpoint") return { ok: false, size: "?" };
  let frontier = MerkleFrontier.empty;
  while (frontier.size < checkpoint.size) {
    const response = await auditor.send("GET", `/v1/audit/leaves?after=${frontier.size - 1n}`.replace("after=-1", "limit=5000"));
    const lines = (await response.text()).split("\n").filter((line) => line !== "");
    if (lines.length === 0) break;
    for (const line of lines) {
      const { leaf } = JSON.parse(line) as { readonly leaf: string };
      if (frontier.size < checkpoint.size) frontier = frontier.append(leafHash(Buffer.from(leaf, "base64")));
    }
  }
  return { ok: Buffer.from(frontier.root).equals(checkpoint.root), size: checkpoint.size.toString() };
}
