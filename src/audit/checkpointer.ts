import {
  createNoteSigner,
  formatVerifierKey,
  type NoteSigner,
  parseCheckpoint,
  parseVerifierKey,
  rootOfLeaves,
  signCheckpoint,
  verifyNote,
} from "../kernel/index.ts";
import type { SigningKey } from "../keys/index.ts";
import { AuditError } from "./errors.ts";
import type { CheckpointFile } from "./file-checkpoint.ts";
import type { LogHead } from "./sequencer.ts";

export interface Checkpointer {
  readonly verifierKey: string;
  /** The head as a signed note, written outside the store before it is told to anybody. */
  sign(head: LogHead): Promise<string>;
}

/**
 * Signs heads. Two inconsistent checkpoints must never be signed: the first signing after a start
 * compares the store with the last one published, later ones with the one before.
 */
export function createCheckpointer(deps: {
  readonly origin: string;
  readonly key: SigningKey;
  readonly file: CheckpointFile;
  /** Hashes of the first `size` leaves of the store. */
  readonly leafHashes: (size: number) => Promise<readonly Uint8Array[]>;
}): Checkpointer {
  const signer: NoteSigner = createNoteSigner(deps.origin, deps.key.privateKey);
  const verifierKey = formatVerifierKey(deps.origin, deps.key.publicBytes);
  const trusted = [parseVerifierKey(verifierKey)];
  let last: { readonly size: bigint; readonly note: string } | undefined;

  const behind = (published: bigint, stored: bigint): AuditError =>
    new AuditError(
      "AUDIT_LOG_BEHIND",
      `The store's log has ${stored} events, the last published checkpoint ${published}: the store was restored from an older copy. ` +
        "Restore the newest copy. If there is none, the log must go on under a new origin, which two administrators approve.",
    );

  const compareWithPublished = async (head: LogHead): Promise<void> => {
    const note = await deps.file.read();
    if (note === undefined) return;
    const opened = verifyNote(note, trusted);
    const checkpoint = opened.kind === "verified" ? parseCheckpoint(opened.text) : opened;
    if (checkpoint.kind !== "checkpoint" || checkpoint.origin !== deps.origin)
      throw new AuditError(
        "AUDIT_LOG_BROKEN",
        "The published checkpoint is not one of this log's. Put the right file back; it is what a forked log is found by.",
      );
    if (checkpoint.size > head.size) throw behind(checkpoint.size, head.size);
    const hashes = await deps.leafHashes(Number(checkpoint.size));
    const root = rootOfLeaves(hashes.slice(0, Number(checkpoint.size)));
    if (!Buffer.from(root).equals(checkpoint.root))
      throw new AuditError(
        "AUDIT_LOG_BROKEN",
        "The store's events differ from those of the last published checkpoint. Nothing is signed; `verify log` names the event.",
      );
    last = { size: checkpoint.size, note };
  };

  const signNow = async (head: LogHead): Promise<string> => {
    if (last === undefined) await compareWithPublished(head);
    if (last !== undefined && last.size > head.size) throw behind(last.size, head.size);
    if (last !== undefined && last.size === head.size) return last.note;
    const note = signCheckpoint({ origin: deps.origin, size: head.size, root: head.root, extensions: [] }, [signer]);
    await deps.file.write(note);
    last = { size: head.size, note };
    return note;
  };

  let tail: Promise<unknown> = Promise.resolve();
  return {
    verifierKey,
    sign: (head) => {
      // One at a time; a head that waited while a larger one was signed is covered by that.
      const begun = tail.then(() => (last !== undefined && last.size >= head.size ? last.note : signNow(head)));
      tail = begun.catch(() => undefined);
      return begun;
    },
  };
}
