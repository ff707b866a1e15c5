import {
  createNoteSigner,
  formatVerifierKey,
  type NoteSigner,
  parseCheckpoint,
  parseVerifierKey,
  signCheckpoint,
  verifyNote,
} from "../kernel/index.ts";
import type { SigningKey } from "../keys/index.ts";
import { AuditError } from "./errors.ts";
import type { CheckpointFile } from "./file-checkpoint.ts";
import type { ProofTree } from "./proof-tree.ts";
import type { LogHead } from "./sequencer.ts";

export interface Checkpointer {
  readonly verifierKey: string;
  /** The log as it is now, as a signed note, written outside the store before it is told to anybody. */
  sign(): Promise<Published>;
}

export interface Published extends LogHead {
  readonly note: string;
}

/**
 * Signs heads. Two inconsistent checkpoints must never be signed, so before each signing the store
 * is held against the last one published, and the head against the leaves it stands for.
 */
export async function createCheckpointer(deps: {
  readonly origin: string;
  readonly key: SigningKey;
  readonly file: CheckpointFile;
  readonly tree: ProofTree;
  /** Gives all that is committed its place. */
  readonly flush: () => Promise<LogHead>;
  /** Runs a task while no other gateway runs one: they share the file. */
  readonly exclusively: <T>(task: () => Promise<T>) => Promise<T>;
  /** Whether the log has no leaf yet: only then may the file be missing. */
  readonly isNew: boolean;
}): Promise<Checkpointer> {
  const signer: NoteSigner = createNoteSigner(deps.origin, deps.key.privateKey);
  const verifierKey = formatVerifierKey(deps.origin, deps.key.publicBytes);
  const trusted = [parseVerifierKey(verifierKey)];
  let last: Published | undefined;

  const publish = async ({ size, root }: LogHead): Promise<Published> => {
    const note = signCheckpoint({ origin: deps.origin, size, root, extensions: [] }, [signer]);
    await deps.file.write(note);
    return { size, root, note };
  };

  const readPublished = async (): Promise<Published> => {
    const note = await deps.file.read();
    // Whoever brings back an older store would otherwise only have to remove the file.
    if (note === undefined)
      throw broken(
        "The last published checkpoint is gone. Put the file back, from a backup or from anybody who keeps what /log/checkpoint answered.",
      );
    const opened = verifyNote(note, trusted);
    const checkpoint = opened.kind === "verified" ? parseCheckpoint(opened.text) : opened;
    if (checkpoint.kind !== "checkpoint" || checkpoint.origin !== deps.origin)
      throw broken(
        "The published checkpoint is not one of this log's. Put the right file back; it is what a forked log is found by.",
      );
    return { size: checkpoint.size, root: checkpoint.root, note };
  };

  const holdAgainst = async (published: Published, head: LogHead): Promise<void> => {
    if (published.size > head.size)
      throw new AuditError(
        "AUDIT_LOG_BEHIND",
        `The store's log has ${head.size} events, the last published checkpoint ${published.size}: the store was restored from an older copy. ` +
          "Restore the newest copy. If there is none, the log must go on under a new origin, which two administrators approve.",
      );
    if (!same(await deps.tree.root(Number(published.size)), published.root))
      throw broken(
        "The store's events differ from those of the last published checkpoint. Nothing is signed; `verify -- log` names the event.",
      );
    if (!same(await deps.tree.root(Number(head.size)), head.root))
      throw broken("The log's head is not the root of its leaves. Nothing is signed; `verify -- log` tells more.");
  };

  const signNow = async (): Promise<Published> => {
    const known = last;
    const head = await deps.flush();
    if (known !== undefined && known.size === head.size) {
      await holdAgainst(known, head);
      return known;
    }
    return deps.exclusively(async () => {
      // Read anew: another gateway may have published meanwhile, and the file must never go back.
      const inFile = await readPublished();
      const newest = await deps.flush();
      if (known !== undefined) await holdAgainst(known, newest);
      await holdAgainst(inFile, newest);
      last = inFile.size < newest.size ? await publish(newest) : inFile;
      return last;
    });
  };

  if (deps.isNew)
    await deps.exclusively(async () => {
      if ((await deps.file.read()) === undefined) last = await publish({ size: 0n, root: await deps.tree.root(0) });
    });

  // One at a time: two heads must not overtake one another on their way to the file.
  let tail: Promise<unknown> = Promise.resolve();
  return {
    verifierKey,
    sign: () => {
      const begun = tail.then(signNow);
      tail = begun.catch(() => undefined);
      return begun;
    },
  };
}

function broken(message: string): AuditError {
  return new AuditError("AUDIT_LOG_BROKEN", message);
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a).equals(b);
}
