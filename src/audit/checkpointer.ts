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
import type { ActiveOrigin } from "./origins.ts";
import type { ProofTree } from "./proof-tree.ts";
import type { LogHead } from "./sequencer.ts";

export interface Checkpointer {
  /** Of the origin that the log has now. */
  verifierKey(): Promise<string>;
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
  readonly active: () => Promise<ActiveOrigin>;
  /** Told once the first checkpoint of a new origin is out. */
  readonly begin: (origin: string) => Promise<void>;
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
  const keyOf = (origin: string): string => formatVerifierKey(origin, deps.key.publicBytes);
  let last: (Published & { readonly origin: string }) | undefined;

  const publish = async (origin: string, { size, root }: LogHead) => {
    const signer: NoteSigner = createNoteSigner(origin, deps.key.privateKey);
    const note = signCheckpoint({ origin, size, root, extensions: [] }, [signer]);
    await deps.file.write(note);
    return { origin, size, root, note };
  };

  /** The last checkpoint published under this origin; undefined where none was, because the origin is new. */
  const readPublished = async ({ origin, follows, begun }: ActiveOrigin) => {
    const note = await deps.file.read();
    const isNew = follows !== undefined && !begun;
    if (isNew && (note === undefined || note.startsWith(`${follows}\n`))) return undefined;
    // Whoever brings back an older store would otherwise only have to remove the file.
    if (note === undefined)
      throw new AuditError(
        "AUDIT_CHECKPOINT_MISSING",
        "The last published checkpoint is gone. Put the file back, from a backup or from anybody who keeps what /log/checkpoint answered.",
      );
    const opened = verifyNote(note, [parseVerifierKey(keyOf(origin))]);
    const checkpoint = opened.kind === "verified" ? parseCheckpoint(opened.text) : opened;
    if (checkpoint.kind !== "checkpoint" || checkpoint.origin !== origin)
      throw broken(
        "The published checkpoint is not one of this log's. Put the right file back; it is what a forked log is found by.",
      );
    return { origin, size: checkpoint.size, root: checkpoint.root, note };
  };

  const holdAgainst = async (published: Published, head: LogHead): Promise<void> => {
    if (published.size > head.size)
      throw new AuditError(
        "AUDIT_LOG_BEHIND",
        `The store's log has ${head.size} events, the last published checkpoint ${published.size}: the store was restored from an older copy. ` +
          "Restore the newest copy. If there is none, the log must go on under a new origin, which two administrators approve.",
      );
    if (!same(await deps.tree.root(Number(published.size)), published.root))
      throw new AuditError(
        "AUDIT_LOG_DIFFERS",
        "The store's events differ from those of the last published checkpoint. Nothing is signed; `verify -- log` names the event.",
      );
    await checkHead(head);
  };

  const checkHead = async (head: LogHead): Promise<void> => {
    if (!same(await deps.tree.root(Number(head.size)), head.root))
      throw broken("The log's head is not the root of its leaves. Nothing is signed; `verify -- log` tells more.");
  };

  /** What was published under the earlier origin is kept beside: it is evidence of where the new one begins. */
  const beginOrigin = async (origin: string, newest: LogHead) => {
    await checkHead(newest);
    await deps.file.setAside();
    return publish(origin, newest);
  };

  const signNow = async (): Promise<Published> => {
    const active = await deps.active();
    const known = last?.origin === active.origin ? last : undefined;
    const head = await deps.flush();
    if (known !== undefined && known.size === head.size) {
      await holdAgainst(known, head);
      return known;
    }
    return deps.exclusively(async () => {
      // Read anew: another gateway may have published meanwhile, and the file must never go back.
      const inFile = await readPublished(active);
      const newest = await deps.flush();
      if (known !== undefined) await holdAgainst(known, newest);
      if (inFile === undefined) last = await beginOrigin(active.origin, newest);
      else {
        await holdAgainst(inFile, newest);
        last = inFile.size < newest.size ? await publish(active.origin, newest) : inFile;
      }
      if (!active.begun) await deps.begin(active.origin);
      return last;
    });
  };

  if (deps.isNew)
    await deps.exclusively(async () => {
      const { origin } = await deps.active();
      if ((await deps.file.read()) === undefined) last = await publish(origin, { size: 0n, root: await deps.tree.root(0) });
    });

  // One at a time: two heads must not overtake one another on their way to the file.
  let tail: Promise<unknown> = Promise.resolve();
  return {
    verifierKey: async () => keyOf((await deps.active()).origin),
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
