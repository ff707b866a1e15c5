import { leafHash, MerkleFrontier, type NoteVerifier, verifyCheckpoint } from "../kernel/index.ts";

/** One leaf as somebody hands it over; nothing of it is believed. */
export interface LogEntry {
  /** Decimal. */
  readonly index: string;
  /** Absent where the event itself is gone. */
  readonly leaf: Uint8Array | undefined;
  /** The hash that was stored when the leaf got its place; names the very leaf that was altered. */
  readonly hash: Uint8Array | undefined;
}

export type LogProblem = "checkpoint-invalid" | "leaf-missing" | "leaf-altered" | "root-differs";

export type LogVerdict =
  | {
      readonly ok: true;
      readonly origin: string;
      /** Leaves that the checkpoint covers, all recomputed. */
      readonly size: string;
      /** base64 */
      readonly root: string;
      /** Leaves after the checkpoint: their hashes hold, but nobody has signed for them yet. */
      readonly beyond: string;
    }
  | { readonly ok: false; readonly problem: LogProblem; readonly index?: string | undefined; readonly message: string };

function fault(problem: LogProblem, message: string, index?: bigint): LogVerdict {
  return { ok: false, problem, message, ...(index === undefined ? {} : { index: index.toString() }) };
}

/**
 * Recomputes every leaf hash and the root (RFC 6962) and holds them against a checkpoint that `key`
 * signed. The first leaf that is missing or altered is named; where a leaf and its stored hash were
 * altered together, only the root can tell, and does.
 */
export async function verifyLog(
  entries: AsyncIterable<LogEntry>,
  note: string,
  key: NoteVerifier,
  progress: (checked: bigint, of: bigint) => void = () => undefined,
): Promise<LogVerdict> {
  const checkpoint = verifyCheckpoint(note, key.name, [key]);
  if (checkpoint.kind === "refused")
    return fault("checkpoint-invalid", `The checkpoint is not one that this key signed for ${key.name} (${checkpoint.code}).`);
  let frontier = MerkleFrontier.empty;
  let index = 0n;
  for await (const entry of entries) {
    if (entry.index !== index.toString() || entry.leaf === undefined)
      return fault("leaf-missing", `Event ${index} is missing; what follows is ${entry.index}.`, index);
    const hash = leafHash(entry.leaf);
    if (entry.hash !== undefined && !Buffer.from(hash).equals(entry.hash))
      return fault("leaf-altered", `Event ${index} is not what entered the log.`, index);
    if (index < checkpoint.size) frontier = frontier.append(hash);
    index++;
    if (index % 10_000n === 0n) progress(index, checkpoint.size);
  }
  if (index < checkpoint.size)
    return fault("leaf-missing", `The log ends before event ${index}; the checkpoint covers ${checkpoint.size}.`, index);
  if (!Buffer.from(frontier.root).equals(checkpoint.root))
    return fault(
      "root-differs",
      `The root of the first ${checkpoint.size} events is not the one that was signed: at least one of them was altered together with its hash.`,
    );
  return {
    ok: true,
    origin: checkpoint.origin,
    size: checkpoint.size.toString(),
    root: Buffer.from(checkpoint.root).toString("base64"),
    beyond: (index - checkpoint.size).toString(),
  };
}
