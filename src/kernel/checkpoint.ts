import { KernelError, type Refusal, refuse } from "./errors.ts";
import type { NoteSigner, NoteVerifier } from "./note-key.ts";
import { sha256Length } from "./sha256.ts";
import { type NoteRefusalCode, signNote, verifyNote } from "./signed-note.ts";

/** What a log commits itself to (c2sp.org/tlog-checkpoint): its name, its size, its root. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: bigint;
  readonly root: Uint8Array;
  /** Further non-empty lines; the specification advises against any. */
  readonly extensions: readonly string[];
}

export type CheckpointRefusalCode = NoteRefusalCode | "KERNEL_CHECKPOINT_MALFORMED" | "KERNEL_CHECKPOINT_OTHER_ORIGIN";

const maxSize = 1n << 64n;
const decimal = /^(0|[1-9][0-9]{0,19})$/;

/** The checkpoint's text, to be signed as a note. Throws `KERNEL_NOTE_MALFORMED`. */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  const lines = [
    checkpoint.origin,
    checkpoint.size.toString(),
    Buffer.from(checkpoint.root).toString("base64"),
    ...checkpoint.extensions,
  ];
  const text = `${lines.join("\n")}\n`;
  if (parseCheckpoint(text).kind === "refused" || lines.some((line) => line.includes("\n"))) {
    throw new KernelError(
      "KERNEL_NOTE_MALFORMED",
      "a checkpoint has an origin, a size below 2^64, a 32-byte root and whole lines",
    );
  }
  return text;
}

/** Reads a checkpoint's text; whether it is signed is not looked at here. */
export function parseCheckpoint(
  text: string,
): (Checkpoint & { readonly kind: "checkpoint" }) | Refusal<"KERNEL_CHECKPOINT_MALFORMED"> {
  const [origin, size, root, ...rest] = text.split("\n");
  if (origin === undefined || size === undefined || root === undefined || rest.pop() !== "") {
    return malformed("three lines at least, each ended by a line feed");
  }
  if (origin === "" || rest.includes("")) return malformed("empty line");
  // A leading zero, a sign or a size beyond 2^64 would give one tree two names.
  if (!decimal.test(size) || BigInt(size) >= maxSize) return malformed("size");
  const hash = Buffer.from(root, "base64");
  if (hash.length !== sha256Length || hash.toString("base64") !== root) return malformed("root hash");
  return { kind: "checkpoint", origin, size: BigInt(size), root: new Uint8Array(hash), extensions: rest };
}

/** A checkpoint as a signed note, ready to be published. */
export function signCheckpoint(checkpoint: Checkpoint, signers: readonly NoteSigner[]): string {
  return signNote(formatCheckpoint(checkpoint), signers);
}

/** Verifies note and form, and that it speaks for `origin`: a key may serve several logs. */
export function verifyCheckpoint(
  note: string,
  origin: string,
  trusted: readonly NoteVerifier[],
): (Checkpoint & { readonly kind: "checkpoint" }) | Refusal<CheckpointRefusalCode> {
  const opened = verifyNote(note, trusted);
  if (opened.kind === "refused") return opened;
  const checkpoint = parseCheckpoint(opened.text);
  if (checkpoint.kind === "checkpoint" && checkpoint.origin !== origin) return refuse("KERNEL_CHECKPOINT_OTHER_ORIGIN");
  return checkpoint;
}

function malformed(reason: string): Refusal<"KERNEL_CHECKPOINT_MALFORMED"> {
  return refuse("KERNEL_CHECKPOINT_MALFORMED", { reason });
}
